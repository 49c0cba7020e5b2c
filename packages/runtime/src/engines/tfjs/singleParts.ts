// TF.js gives the gradient of a division's only part as a tensor, where its rules for divisions expect a list: they throw for
// a sequence of one step, which recurrent layers divide into its steps.
import type { TfCore } from "./peers";
import { replaceGradient } from "./replaced";

/** Lets TF.js differentiate divisions into one part; once. */
export function divideIntoOne(tf: TfCore): void {
  for (const kernelName of [tf.Unpack, tf.SplitV])
    replaceGradient(tf, kernelName, (original) => (dy, saved, attrs) => original([dy].flat(), saved, attrs)); // prettier-ignore
}
