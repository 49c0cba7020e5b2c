import { counted, type DecisionOptions } from "./shared/confusion";
import { defineMetric } from "./defineMetric";

/**
 * Predicted positives that are negative: their number, over the whole epoch and all outputs.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const falsePositives = defineMetric(["false_positives"], (options: DecisionOptions = {}) =>
  counted("false_positives", "falsePositives", options, (ops, actual, predicted) =>
    ops.mul(ops.sub(1, actual), predicted),
  ),
);
