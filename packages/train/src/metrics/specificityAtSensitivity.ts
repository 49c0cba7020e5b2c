import type { TotalsMetric } from "@cajal/runtime";
import { bestAt, type BestAtOptions } from "./shared/bestAt";
import { defineMetric } from "./defineMetric";

export interface SpecificityAtSensitivityOptions extends BestAtOptions {
  /** The least sensitivity to hold, in 0 … 1; default 0.5. */
  sensitivity?: number;
}

/**
 * The largest specificity, tn / (tn + fp), among the thresholds at which the sensitivity (recall), tp / (tp + fn), is at
 * least `sensitivity`: counted over the whole epoch and all outputs together at evenly spaced thresholds, as in Keras; 0
 * where it is at none.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 *
 * @throws CajalError `bad-argument` for outputs that are not in 0 … 1
 */
export const specificityAtSensitivity = defineMetric(
  ["specificity_at_sensitivity"],
  (options: SpecificityAtSensitivityOptions = {}): TotalsMetric =>
    bestAt(
      "specificity_at_sensitivity",
      "specificityAtSensitivity",
      { best: "specificity", held: "sensitivity" },
      options,
    ),
);
