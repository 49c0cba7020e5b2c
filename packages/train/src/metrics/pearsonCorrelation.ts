import type { MeanMetric } from "@cajal/runtime";
import { defineMetric } from "./defineMetric";
import { correlation, type CorrelationOptions } from "./shared/correlation";

/**
 * Pearson's correlation of an example's labels and outputs over the last axis, Σ(y − ȳ)(p − p̄) / √(Σ(y − ȳ)² Σ(p − p̄)²),
 * and the mean over all examples: 1 where they rise and fall together, −1 where one rises as the other falls. Where
 * the labels or the outputs of an example are all equal it has none: the metric is then NaN, as in Keras.
 *
 * `yTrue` in the shape of the output.
 *
 * @throws CajalError `bad-shape` for an output of one number an example
 */
export const pearsonCorrelation = defineMetric(
  ["pearson_correlation"],
  (options: CorrelationOptions = {}): MeanMetric =>
    correlation("pearson_correlation", "pearsonCorrelation", options, (ops, y, p) =>
      // Of each the number of standard deviations: the product of two small variances would be 0.
      ops.mul(ops.div(y.centred, ops.sqrt(y.variance)), ops.div(p.centred, ops.sqrt(p.variance))),
    ),
);
