// KernelSHAP (Lundberg & Lee 2017, arXiv:1705.07874): Shapley values of features, estimated by least squares on
// subsets. The image and the baseline weigh 10⁶. Of few features all other subsets are taken, by the Shapley kernel's weights:
// then the values are exact. Of more they are drawn with the kernel's probabilities and weigh 1, as those do that are given.
import { random } from "@cajal/core";
import { defineMethod } from "./method";
import { total } from "./shared/evaluate";
import { featureOptions } from "./shared/features";
import { binomial } from "./shapleyValues";
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
        ...(options.kept ?? (areAll(n, options) ? allOf(n) : drawn(n, options))),
      ],
      {
        weights: (subset, row) =>
          row < 2 ? 1e6 : areAll(subset.length, options) ? kernel(subset) : 1,
      },
    ),
});

const samplesOf = (n: number, { samples = 2 * n + 256 }: SurrogateOptions) => samples;

/** Whether there are no more subsets than would be drawn. */
const areAll = (n: number, options: SurrogateOptions): boolean =>
  !options.kept && 2 ** n - 2 <= samplesOf(n, options);

/** But for the empty and the full one. */
const allOf = (n: number): Uint8Array[] =>
  Array.from({ length: Math.max(0, 2 ** n - 2) }, (_, i) =>
    Uint8Array.from({ length: n }, (__, feature) => ((i + 1) >> feature) & 1),
  );

/** (n − 1)/(n over k · k (n − k)) of k features out of n. */
function kernel(subset: ArrayLike<number>): number {
  const [n, k] = [subset.length, total(subset)];
  return (n - 1) / (binomial(n, k) * k * (n - k));
}

/** Subsets of k features come with probability ∝ (n − 1)/(k (n − k)), all of one k alike. */
function drawn(n: number, options: SurrogateOptions): Uint8Array[] {
  const numbers = random(options.seed ?? 0, "subsets");
  const sizes = Array.from({ length: n - 1 }, (_, i) => 1 / ((i + 1) * (n - i - 1)));
  const all = sizes.reduce((a, b) => a + b, 0);
  return Array.from({ length: samplesOf(n, options) }, () => {
    let at = numbers.float() * all;
    let k = 1;
    while (k < n - 1 && at >= sizes[k - 1]!) at -= sizes[k++ - 1]!;
    const subset = new Uint8Array(n);
    for (const feature of numbers.permutation(n).subarray(0, k)) subset[feature] = 1;
    return subset;
  });
}
