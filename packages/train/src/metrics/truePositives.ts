import { counted, type DecisionOptions } from "./shared/confusion";
import { defineMetric } from "./defineMetric";

/**
 * Predicted positives that are positive: their number, over the whole epoch and all outputs.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const truePositives = defineMetric(["true_positives"], (options: DecisionOptions = {}) =>
  counted("true_positives", "truePositives", options, (ops, actual, predicted) =>
    ops.mul(actual, predicted),
  ),
);
