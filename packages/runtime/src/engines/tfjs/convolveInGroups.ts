// Convolutions in groups of channels, which TF.js lacks.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** Convolves each group of x's channels with its group of the kernel's filters; both are last axes. */
export function convolveInGroups<T extends tfc.Tensor>(
  tf: TfCore,
  groups: number,
  [x, kernel]: readonly [T, T],
  convolve: (x: T, kernel: T) => T,
): T {
  // Not split into one part: TF.js has no gradient of that.
  if (groups === 1) return convolve(x, kernel);
  const kernels = tf.split<T>(kernel, groups, kernel.rank - 1);
  const parts = tf.split<T>(x, groups, x.rank - 1).map((part, i) => convolve(part, kernels[i]!));
  return tf.concat(parts, x.rank - 1);
}
