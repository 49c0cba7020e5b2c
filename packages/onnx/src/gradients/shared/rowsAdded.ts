// What GatherND takes is added back to where it was taken. ONNX Runtime's ScatterND adds in several
// threads and loses slices that were taken twice; its ScatterElements adds in one, over rows.
import { sizeOf, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import { staticShape } from "./sumTo";

/** Zeros of x's shape, to which `dy` is added at the places `taken` of GatherND. */
export function rowsAdded(
  g: GraphBuilder,
  dy: Value,
  x: Value,
  taken: Value,
  batchDims = 0,
): Value {
  const shape = staticShape(x, "of GatherND");
  const indices = staticShape(taken, "of GatherND");
  const depth = indices.at(-1)!;
  const batches = sizeOf(shape.slice(0, batchDims));
  const indexed = shape.slice(batchDims, batchDims + depth);
  const inner = sizeOf(shape.slice(batchDims + depth));
  const perBatch = sizeOf(indices.slice(batchDims, -1));
  const count = batches * perBatch;
  const strides = indexed.map((_, i) => sizeOf(indexed.slice(i + 1)));
  const extents = g.constant(tensor("int64", [depth], indexed));
  // Places count from the end where they are negative; Mod takes the sign of its divisor.
  const places = g.mod(g.reshape(taken, [count, depth]), extents);
  const within = g.reduceSum(g.mul(places, g.constant(tensor("int64", [depth], strides))), {
    axes: [1],
    keepdims: true,
  });
  const firsts = Array.from(
    { length: count },
    (_, i) => Math.floor(i / perBatch) * sizeOf(indexed),
  );
  const rows = g.add(within, g.constant(tensor("int64", [count, 1], firsts)));
  const added = g.op(
    "ScatterElements",
    [
      g.expand(g.scalar(dy.dtype, 0), [batches * sizeOf(indexed), inner]),
      g.expand(rows, [count, inner]),
      g.reshape(dy, [count, inner]),
    ],
    { axis: 0, reduction: "add" },
  );
  return g.reshape(added, shape);
}
