// TF.js gives the gradient of a division's only part as a tensor, where its rules for divisions expect a list: they throw for
// a sequence of one step, which recurrent layers divide into its steps.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

type Rule = tfc.GradConfig["gradFunc"];

const ours = new WeakSet<Rule>();

/** Lets TF.js differentiate divisions into one part; once. */
export function divideIntoOne(tf: TfCore): void {
  for (const kernelName of [tf.Unpack, tf.SplitV]) {
    const original = tf.getGradient(kernelName);
    if (ours.has(original.gradFunc)) continue;
    const gradFunc: Rule = (dy, saved, attrs) => original.gradFunc([dy].flat(), saved, attrs);
    ours.add(gradFunc);
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ ...original, gradFunc });
  }
}
