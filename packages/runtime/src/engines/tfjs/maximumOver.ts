// The maximum over axes, with TensorFlow's gradient.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/**
 * `tf.max`, but that elements which share the maximum share its gradient in equal parts, as in TensorFlow: TF.js
 * gives each of them all of it.
 *
 * @param axes negative ones count from the end; absent: all
 */
export function maximumOver(
  tf: TfCore,
  x: tfc.Tensor,
  axes?: readonly number[],
  keepDims = false,
): tfc.Tensor {
  const over = axes?.map((axis) => (axis < 0 ? axis + x.rank : axis)) ?? x.shape.map((_, i) => i);
  const maximum = tf.customGrad((operand, save) => {
    const input = operand as tfc.Tensor;
    const largest = tf.max(input, over, true);
    (save as tfc.GradSaveFunc)([input, largest]);
    return {
      value: largest,
      gradFunc: (dy: tfc.Tensor, saved: tfc.Tensor[]) => {
        const isLargest = tf.cast(tf.equal(saved[0]!, saved[1]!), dy.dtype);
        return tf.mul(tf.div(dy, tf.sum(isLargest, over, true)), isLargest);
      },
    };
  });
  const kept = maximum(x);
  if (keepDims) return kept;
  return tf.reshape(
    kept,
    x.shape.filter((_, axis) => !over.includes(axis)),
  );
}
