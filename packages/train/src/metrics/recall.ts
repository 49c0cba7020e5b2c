import type { TotalsMetric } from "@cajal/runtime";
import {
  decisions,
  onlyClass,
  readDecisionOptions,
  type DecisionOptions,
} from "./shared/confusion";
import { defineMetric, ratio } from "./defineMetric";

/**
 * Fraction of the actual positives that the model finds: true positives / (true positives + false negatives).
 * Counted over the whole epoch, and over all outputs together (micro average) as in Keras; 0 where there
 * is nothing to count.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const recall = defineMetric(
  ["recall"],
  (options: DecisionOptions = {}): TotalsMetric<readonly [tp: number, fn: number]> => {
    const { threshold, classId } = readDecisionOptions("recall", options);
    return {
      name: "recall",
      config: { threshold, classId },
      totals(ops, yTrue, yPred) {
        const { actual, predicted } = decisions(ops, yTrue, yPred, { threshold, where: "recall" });
        const classMask = onlyClass(ops, yPred, { classId, where: "recall" });
        const count = (a: typeof yPred, b: typeof yPred) =>
          ops.reduceSum(ops.mul(ops.mul(a, b), classMask));
        return [count(actual, predicted), count(actual, ops.sub(1, predicted))];
      },
      result: ([tp, fn]) => ratio(tp, tp + fn),
    };
  },
);
