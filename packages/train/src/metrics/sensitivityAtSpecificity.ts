import type { TotalsMetric } from "@cajal/runtime";
import { bestAt, type BestAtOptions } from "./shared/bestAt";
import { defineMetric } from "./defineMetric";

export interface SensitivityAtSpecificityOptions extends BestAtOptions {
  /** The least specificity to hold, in 0 … 1; default 0.5. */
  specificity?: number;
}

/**
 * The largest sensitivity (recall), tp / (tp + fn), among the thresholds at which the specificity, tn / (tn + fp), is at
 * least `specificity`: counted over the whole epoch and all outputs together at evenly spaced thresholds, as in Keras; 0
 * where it is at none.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 *
 * @throws CajalError `bad-argument` for outputs that are not in 0 … 1
 */
export const sensitivityAtSpecificity = defineMetric(
  ["sensitivity_at_specificity"],
  (options: SensitivityAtSpecificityOptions = {}): TotalsMetric =>
    bestAt(
      "sensitivity_at_specificity",
      "sensitivityAtSpecificity",
      { best: "sensitivity", held: "specificity" },
      options,
    ),
);
