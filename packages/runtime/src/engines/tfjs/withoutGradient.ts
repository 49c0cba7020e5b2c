// Values whose gradient is 0: TF.js has none for comparisons, and throws where one is asked for.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** What `compute` makes of tensors, with gradients of 0. */
export function withoutGradient(
  tf: TfCore,
  inputs: readonly tfc.Tensor[],
  compute: (...inputs: tfc.Tensor[]) => tfc.Tensor,
): tfc.Tensor {
  const computed = tf.customGrad(() => ({
    value: compute(...inputs),
    gradFunc: () => inputs.map(({ shape }) => tf.zeros(shape)),
  }));
  return computed(...inputs);
}
