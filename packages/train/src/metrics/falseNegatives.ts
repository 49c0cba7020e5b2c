import { counted, type DecisionOptions } from "./shared/confusion";
import { defineMetric } from "./defineMetric";

/**
 * Predicted negatives that are positive: their number, over the whole epoch and all outputs.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const falseNegatives = defineMetric(["false_negatives"], (options: DecisionOptions = {}) =>
  counted("false_negatives", "falseNegatives", options, (ops, actual, predicted) =>
    ops.mul(actual, ops.sub(1, predicted)),
  ),
);
