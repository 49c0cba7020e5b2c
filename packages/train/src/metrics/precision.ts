import type { TotalsMetric } from "@cajal/runtime";
import {
  decisions,
  onlyClass,
  readDecisionOptions,
  type DecisionOptions,
} from "./shared/confusion";
import { defineMetric, ratio } from "./defineMetric";

/**
 * Fraction of the predicted positives that are correct: true positives / (true + false positives).
 * Counted over the whole epoch, and over all outputs together (micro average) as in Keras; 0 where there
 * is nothing to count.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const precision = defineMetric(
  ["precision"],
  (options: DecisionOptions = {}): TotalsMetric<readonly [tp: number, fp: number]> => {
    const { threshold, classId } = readDecisionOptions("precision", options);
    return {
      name: "precision",
      config: { threshold, classId },
      totals(ops, yTrue, yPred) {
        const { actual, predicted } = decisions(ops, yTrue, yPred, {
          threshold,
          where: "precision",
        });
        const classMask = onlyClass(ops, yPred, { classId, where: "precision" });
        const count = (a: typeof yPred, b: typeof yPred) =>
          ops.reduceSum(ops.mul(ops.mul(a, b), classMask));
        return [count(actual, predicted), count(ops.sub(1, actual), predicted)];
      },
      result: ([tp, fp]) => ratio(tp, tp + fp),
    };
  },
);
