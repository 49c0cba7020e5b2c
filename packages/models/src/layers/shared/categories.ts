// Whole numbers as rows of zeros and ones, as CategoryEncoding and the layers that number things give them.
// keras/src/utils/numerical_utils.py, encode_categorical_inputs
import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import * as f from "../definition/fields";
import { cast } from "./integers";

/** A one for the number, for each of several, or how often each occurs. */
export const encodings = ["one_hot", "multi_hot", "count"] as const;

export type Encoding = (typeof encodings)[number];

/** False; Keras' sparse tensors are refused. */
export const dense = f.never("sparse tensors are not done");

/** @throws CajalError `bad-shape` */
export function encodedShape(mode: Encoding, depth: number, x: KerasShape): KerasShape {
  if (mode === "one_hot") return [...(x.length > 1 && x.at(-1) === 1 ? x.slice(0, -1) : x), depth];
  if (x.length === 2) return [x[0]!, depth];
  throw new CajalError("bad-shape", `"${mode}" is of rows of numbers, [batch, numbers]`, {
    got: x,
  });
}

/** Numbers 0 to depth - 1 encoded, float32; others are no row's. */
export function encodeCategories(
  g: GraphBuilder,
  numbers: Value,
  {
    mode,
    depth,
    shape,
  }: { readonly mode: Encoding; readonly depth: number; readonly shape: KerasShape },
): Value {
  const integers = cast(g, numbers, "int32");
  const indices = g.constant(
    tensor(
      "int32",
      [depth],
      Int32Array.from({ length: depth }, (_, i) => i),
    ),
  );
  const isSingle = mode === "one_hot" && shape.length > 1 && shape.at(-1) === 1;
  const rows = g.equal(isSingle ? integers : g.unsqueeze(integers, [shape.length]), indices);
  const oneHot = g.cast(rows, "float32");
  if (mode === "one_hot") return oneHot;
  const options = { axes: [1], keepdims: false };
  return mode === "count" ? g.reduceSum(oneHot, options) : g.reduceMax(oneHot, options);
}
