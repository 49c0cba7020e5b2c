// Values of a layer and gradients of the score by it.
import type { Tensor } from "@cajal/core";
import { emptyRows, rowOf, type Rows } from "../../network/rows";
import type { Call } from "../call";
import { gradientsOf } from "./evaluate";

/** For every row: the layer's values and the gradient by them, in the engine's memory. */
export const eachLayerGradient = (
  call: Call,
  rows: Rows,
  layer: string,
  use: (
    row: number,
    a: Float32Array,
    g: Float32Array,
    shape: readonly number[],
    score: number,
  ) => void,
  feeds: Readonly<Record<string, Rows>> = {},
): Promise<void> =>
  gradientsOf(call, rows, {
    by: [layer],
    values: [layer],
    feeds,
    use: (row, { values, gradients }, score) =>
      use(row, values[layer]!.data, gradients[layer]!.data, values[layer]!.shape, score),
  });

/** All of them, kept. */
export async function layerGradients(
  call: Call,
  rows: Rows,
  layer: string,
): Promise<{ values: Tensor<"float32">; gradients: Tensor<"float32"> }> {
  let values: Tensor<"float32"> | undefined;
  let gradients: Tensor<"float32"> | undefined;
  await eachLayerGradient(call, rows, layer, (row, a, g, shape) => {
    values ??= emptyRows(rows.count, shape);
    gradients ??= emptyRows(rows.count, shape);
    rowOf(values, row).set(a);
    rowOf(gradients, row).set(g);
  });
  return { values: values!, gradients: gradients! };
}
