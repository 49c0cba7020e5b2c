import { counted, type DecisionOptions } from "./shared/confusion";
import { defineMetric } from "./defineMetric";

/**
 * Predicted negatives that are negative: their number, over the whole epoch and all outputs.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const trueNegatives = defineMetric(["true_negatives"], (options: DecisionOptions = {}) =>
  counted("true_negatives", "trueNegatives", options, (ops, actual, predicted) =>
    ops.mul(ops.sub(1, actual), ops.sub(1, predicted)),
  ),
);
