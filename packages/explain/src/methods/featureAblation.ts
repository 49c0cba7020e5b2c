// Feature ablation: f(x) − f(x with the feature replaced by a baseline), for every element of the feature.
import { rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { scoresOf } from "./shared/evaluate";
import { featureOptions, featuresOf, type FeatureOptions } from "./shared/features";

export const featureAblation = defineMethod({
  name: "feature-ablation",
  title: "Feature ablation",
  gives: "image",
  plain: true,
  options: [...featureOptions],
  async attribute(call, options: FeatureOptions) {
    const features = featuresOf(call, options);
    const subsets = Array.from({ length: features.count }, (_, k) =>
      Uint8Array.from({ length: features.count }, (_, i) => (i === k ? 0 : 1)),
    );
    const full = await scoresOf(call, rowsOf(call.images));
    const scores = await scoresOf(call, features.rows(subsets));
    const lost = Array.from(full, (score, image) =>
      subsets.map((_, k) => score - scores[image * subsets.length + k]!),
    );
    return { map: features.spread(lost) };
  },
});
