import type { TotalsMetric } from "@cajal/runtime";
import { bestAt, type BestAtOptions } from "./shared/bestAt";
import { defineMetric } from "./defineMetric";

export interface RecallAtPrecisionOptions extends BestAtOptions {
  /** The least precision to hold, in 0 … 1; default 0.5. */
  precision?: number;
}

/**
 * The largest recall, tp / (tp + fn), among the thresholds at which the precision, tp / (tp + fp), is at least
 * `precision`: counted over the whole epoch and all outputs together at evenly spaced thresholds, as in Keras; 0 where it
 * is at none.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 *
 * @throws CajalError `bad-argument` for outputs that are not in 0 … 1
 */
export const recallAtPrecision = defineMetric(
  ["recall_at_precision"],
  (options: RecallAtPrecisionOptions = {}): TotalsMetric =>
    bestAt(
      "recall_at_precision",
      "recallAtPrecision",
      { best: "recall", held: "precision" },
      options,
    ),
);
