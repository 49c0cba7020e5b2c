import type { TotalsMetric } from "@cajal/runtime";
import { bestAt, type BestAtOptions } from "./shared/bestAt";
import { defineMetric } from "./defineMetric";

export interface PrecisionAtRecallOptions extends BestAtOptions {
  /** The least recall to hold, in 0 … 1; default 0.5. */
  recall?: number;
}

/**
 * The largest precision, tp / (tp + fp), among the thresholds at which the recall, tp / (tp + fn), is at least `recall`:
 * counted over the whole epoch and all outputs together at evenly spaced thresholds, as in Keras; 0 where it is at none.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 *
 * @throws CajalError `bad-argument` for outputs that are not in 0 … 1
 */
export const precisionAtRecall = defineMetric(
  ["precision_at_recall"],
  (options: PrecisionAtRecallOptions = {}): TotalsMetric =>
    bestAt(
      "precision_at_recall",
      "precisionAtRecall",
      { best: "precision", held: "recall" },
      options,
    ),
);
