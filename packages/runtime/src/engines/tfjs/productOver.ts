// The product over axes, with a gradient: that of TF.js calls methods of tensors which only its package of all parts adds.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** @param axes negative ones count from the end */
export function productOver(
  tf: TfCore,
  x: tfc.Tensor,
  axes: readonly number[],
  keepDims: boolean,
): tfc.Tensor {
  const over = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const isOver = (axis: number) => over.includes(axis);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !isOver(axis));
  const extents = (axes: readonly number[]) => axes.map((axis) => x.shape[axis]!);
  const factors = extents(over).reduce((a, b) => a * b, 1);
  const rows = tf.reshape(tf.transpose(x, [...kept, ...over]), [...extents(kept), factors]);
  const last = kept.length;
  const product = tf.customGrad((operand, save) => {
    (save as tfc.GradSaveFunc)([operand as tfc.Tensor]);
    return {
      value: tf.prod(operand as tfc.Tensor, last),
      // Times the factors before and behind each, which may be 0 itself.
      gradFunc: (dy: tfc.Tensor, [saved]: tfc.Tensor[]) =>
        tf.mul(
          tf.expandDims(dy, last),
          tf.mul(tf.cumprod(saved!, last, true), tf.cumprod(saved!, last, true, true)),
        ),
    };
  });
  return tf.reshape(
    product(rows),
    keepDims ? x.shape.map((extent, axis) => (isOver(axis) ? 1 : extent)) : extents(kept),
  );
}
