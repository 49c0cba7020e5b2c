// What GatherND takes is added back to where it was taken. ONNX Runtime's ScatterND adds in several
// threads and loses slices that were taken twice; its ScatterElements adds in one, over rows.
import { sizeOf, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import { isStatic } from "../../model/dims";
import { staticShape } from "./sumTo";

/** Zeros of x's shape, to which `dy` is added at the places `taken` of GatherND. */
export function scatterAddRows(
  g: GraphBuilder,
  dy: Value,
  x: Value,
  indexInput: Value,
  batchDims = 0,
): Value {
  const shape = staticShape(x, "of GatherND");
  // How many places there are may show at run time alone, as of those that NonZero finds.
  const { shape: stated } = indexInput;
  const isFree = batchDims === 0 && typeof stated?.at(-1) === "number";
  const indexShape = isFree ? stated! : staticShape(indexInput, "of GatherND");
  const depth = Number(indexShape.at(-1));
  const indexedExtents = shape.slice(batchDims, batchDims + depth);
  const indexedSize = sizeOf(indexedExtents);
  const rowSize = sizeOf(shape.slice(batchDims + depth));
  const count = isStatic(indexShape) ? sizeOf(indexShape.slice(0, -1)) : -1;
  const strides = indexedExtents.map((_, i) => sizeOf(indexedExtents.slice(i + 1)));
  const extents = g.constant(tensor("int64", [depth], indexedExtents));
  // Places count from the end where they are negative; Mod takes the sign of its divisor.
  const positions = g.mod(g.reshape(indexInput, [count, depth]), extents);
  const flatIndices = g.reduceSum(g.mul(positions, g.constant(tensor("int64", [depth], strides))), {
    axes: [1],
    keepdims: true,
  });
  const batches = sizeOf(shape.slice(0, batchDims));
  const batchOffsets = Array.from(
    { length: count },
    (_, i) => Math.floor((i * batches) / count) * indexedSize,
  );
  const rows =
    batchDims === 0
      ? flatIndices
      : g.add(flatIndices, g.constant(tensor("int64", [count, 1], batchOffsets)));
  const summed = g.op(
    "ScatterElements",
    [
      g.expand(g.scalar(dy.dtype, 0), [batches * indexedSize, rowSize]),
      g.expand(rows, [1, rowSize]),
      g.reshape(dy, [count, rowSize]),
    ],
    { axis: 0, reduction: "add" },
  );
  return g.reshape(summed, shape);
}
