import type { MeanMetric } from "@cajal/runtime";
import { epsilon } from "../losses/defineLoss";
import { defineMetric } from "./defineMetric";
import { correlation, type CorrelationOptions } from "./shared/correlation";

/**
 * How near an example's outputs are to the line p = y (Lin 1989): with means over the last axis,
 * 2 (y − ȳ)(p − p̄) / (σ²y + σ²p + (ȳ − p̄)² + 1e-7), and the mean over all examples. 1 where they agree; what is in proportion
 * but not equal, which {@link pearsonCorrelation} takes for perfect, has less.
 *
 * `yTrue` in the shape of the output.
 *
 * @throws CajalError `bad-shape` for an output of one number an example
 */
export const concordanceCorrelation = defineMetric(
  ["concordance_correlation"],
  (options: CorrelationOptions = {}): MeanMetric =>
    correlation("concordance_correlation", "concordanceCorrelation", options, (ops, y, p) => {
      const shift = ops.sub(y.mean, p.mean);
      const spread = ops.add(ops.add(y.variance, p.variance), ops.mul(shift, shift));
      const product = ops.mul(ops.mul(y.centred, p.centred), 2);
      return ops.div(product, ops.add(spread, epsilon));
    }),
);
