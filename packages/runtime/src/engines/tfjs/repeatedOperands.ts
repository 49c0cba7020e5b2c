// TF.js' gradients of the maximum and the minimum of two operands have the shape of the result, where an operand was repeated
// along axes, too: it then throws that they do not have the operand's.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";
import { replaceGradient } from "./replaced";

/** Lets TF.js differentiate maxima and minima by operands that are repeated; once. */
export function sumOverRepeated(tf: TfCore): void {
  for (const kernelName of [tf.Maximum, tf.Minimum])
    replaceGradient(tf, kernelName, (original) => (dy, saved, attrs) => {
      const { a, b } = original(dy, saved, attrs);
      const [first, second] = saved;
      return { a: () => sumTo(tf, a!(), first!.shape), b: () => sumTo(tf, b!(), second!.shape) };
    });
}

function sumTo(tf: TfCore, gradient: tfc.Tensor, shape: number[]): tfc.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}
