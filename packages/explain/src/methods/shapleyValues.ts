// Shapley values (Shapley 1953) of features, over all their subsets: what a feature adds, on average over
// the orders in which features come. Exact, and 2ⁿ evaluations.
import { CajalError } from "@cajal/core";
import { defineMethod } from "./method";
import { scoresOf } from "./shared/evaluate";
import { featureOptions, featuresOf, type FeatureOptions } from "./shared/features";

/** 65536 evaluations of an image. */
const most = 16;

export const shapleyValues = defineMethod({
  name: "shapley-values",
  title: "Shapley values",
  gives: "image",
  plain: true,
  options: [...featureOptions],
  async attribute(call, options: FeatureOptions) {
    const features = featuresOf(call, options);
    const n = features.count;
    if (n > most)
      throw new CajalError(
        "bad-argument",
        `attribute (shapley-values): got ${n} features, expected at most ${most}: all of their 2ⁿ subsets are evaluated. Take larger blocks, or method kernel-shap.`,
        { features: n },
      );
    const subsets = Array.from({ length: 2 ** n }, (_, bits) =>
      Uint8Array.from({ length: n }, (_, i) => (bits >> i) & 1),
    );
    const scores = await scoresOf(call, features.rows(subsets));
    // k! (n − k − 1)! / n!, of subsets of k features.
    const weights = Array.from({ length: n }, (_, k) => 1 / (n * binomial(n - 1, k)));
    const values = Array.from({ length: call.images.shape[0]! }, (_, image) => {
      const of = (bits: number) => scores[image * subsets.length + bits]!;
      return Array.from({ length: n }, (_, i) =>
        subsets.reduce((sum, subset, bits) => {
          if (subset[i]) return sum;
          const size = subset.reduce((a, b) => a + b, 0);
          return sum + weights[size]! * (of(bits | (1 << i)) - of(bits));
        }, 0),
      );
    });
    return { map: features.spread(values) };
  },
});

/** In how many ways k of n are chosen. */
export const binomial = (n: number, k: number): number =>
  Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
