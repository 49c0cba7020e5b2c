// TF.js' gradients of the maximum and the minimum of two operands have the shape of the result, where an operand was repeated
// along axes, too: it then throws that they do not have the operand's.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

type Rule = tfc.GradConfig["gradFunc"];

const ours = new WeakSet<Rule>();

/** Lets TF.js differentiate maxima and minima by operands that are repeated; once. */
export function sumOverRepeated(tf: TfCore): void {
  for (const kernelName of [tf.Maximum, tf.Minimum]) {
    const original = tf.getGradient(kernelName);
    if (ours.has(original.gradFunc)) continue;
    const gradFunc: Rule = (dy, saved, attrs) => {
      const { a, b } = original.gradFunc(dy, saved, attrs);
      const [first, second] = saved;
      return { a: () => sumTo(tf, a!(), first!.shape), b: () => sumTo(tf, b!(), second!.shape) };
    };
    ours.add(gradFunc);
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ ...original, gradFunc });
  }
}

function sumTo(tf: TfCore, gradient: tfc.Tensor, shape: number[]): tfc.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}
