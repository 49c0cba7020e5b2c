import { checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { defineMetric } from "./defineMetric";
import { fScore, fScoreOptions, type FScoreOptions } from "./shared/fScore";

export interface F1Options extends FScoreOptions {}

const optionKinds = optionsOf<F1Options>(fScoreOptions);

/**
 * The harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), counted over the whole epoch; 0 for
 * a class that neither occurs nor is predicted, as in Keras and scikit-learn.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const f1 = defineMetric(["f1_score", "f1"], (options: F1Options = {}): TotalsMetric => {
  checkOptions("f1", options, optionKinds);
  const { average = "macro", threshold } = options;
  return { name: "f1", config: { average, threshold }, ...fScore("f1", 1, options) };
});
