// KernelSHAP (Lundberg & Lee 2017, arXiv:1705.07874): Shapley values of features, estimated by least squares on
// subsets. The image and the baseline weigh 10⁶; the other subsets are drawn with the Shapley kernel's
// probabilities and weigh 1, as those do that are given.
import { random } from "@cajal/core";
import { defineMethod } from "./method";
import { featureOptions } from "./shared/features";
import { fitted, surrogateOptions, type SurrogateOptions } from "./shared/surrogate";

export const kernelShap = defineMethod({
  name: "kernel-shap",
  title: "KernelSHAP",
  gives: "image",
  plain: true,
  options: [...featureOptions, ...surrogateOptions],
  attribute: (call, options: SurrogateOptions) =>
    fitted(
      call,
      options,
      (n) => [
        Array<number>(n).fill(1),
        Array<number>(n).fill(0),
        ...(options.kept ?? drawn(n, options)),
      ],
      { weights: (_, row) => (row < 2 ? 1e6 : 1) },
    ),
});

/** Subsets of k features come with probability ∝ (n − 1)/(k (n − k)), all of one k alike. */
function drawn(n: number, { samples = 2 * n + 256, seed = 0 }: SurrogateOptions): Uint8Array[] {
  if (n < 2) return [];
  const numbers = random(seed, "subsets");
  const sizes = Array.from({ length: n - 1 }, (_, i) => 1 / ((i + 1) * (n - i - 1)));
  const all = sizes.reduce((a, b) => a + b, 0);
  return Array.from({ length: samples }, () => {
    let at = numbers.float() * all;
    let k = 1;
    while (k < n - 1 && at >= sizes[k - 1]!) at -= sizes[k++ - 1]!;
    const subset = new Uint8Array(n);
    for (const feature of numbers.permutation(n).subarray(0, k)) subset[feature] = 1;
    return subset;
  });
}
