import { checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { decisions } from "./shared/confusion";
import { classCount } from "../losses/defineLoss";
import { defineMetric, labelsLike, ratio } from "./defineMetric";

export interface F1Options {
  /**
   * How the classes' scores are combined: their mean ("macro", the default), their mean weighted by how
   * often each class occurs ("weighted"), or one score over all decisions ("micro").
   */
  average?: "micro" | "macro" | "weighted";
  /** Outputs above it are predicted positives; default: the largest of several outputs, and 0.5 for a single one. */
  threshold?: number;
}

const optionKinds = optionsOf<F1Options>({
  average: ["micro", "macro", "weighted"],
  threshold: {},
});

/**
 * The harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), counted over the whole epoch; 0 for
 * a class that neither occurs nor is predicted, as in Keras and scikit-learn.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const f1 = defineMetric(["f1_score", "f1"], (options: F1Options = {}): TotalsMetric => {
  checkOptions("f1", options, optionKinds);
  const { average = "macro", threshold } = options;
  return {
    name: "f1",
    config: { average, threshold },
    totals(ops, yTrue, yPred) {
      const classes = classCount("f1", ops, yPred);
      const usesArgMax = threshold === undefined && classes > 1;
      const { actual, predicted } = usesArgMax
        ? {
            actual: ops.cast(ops.cast(labelsLike("f1", ops, yTrue, yPred), "bool"), "float32"),
            predicted: ops.oneHot(ops.argMax(yPred), classes),
          }
        : decisions(ops, yTrue, yPred, { threshold: threshold ?? 0.5, where: "f1" });
      const axes = Array.from({ length: ops.rank(yPred) - 1 }, (_, axis) => axis);
      // [classes] each
      return [ops.mul(actual, predicted), actual, predicted].map((each) =>
        ops.reduceSum(each, { axes }),
      );
    },
    result(totals) {
      const classes = totals.length / 3;
      const [truePositives, actual, predicted] = [0, 1, 2].map((part) =>
        totals.slice(part * classes, (part + 1) * classes),
      ) as [number[], number[], number[]];
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      // 2 tp + fp + fn = actual + predicted
      const scores = truePositives.map((tp, i) => ratio(2 * tp, actual[i]! + predicted[i]!));
      return {
        micro: () => ratio(2 * sum(truePositives), sum(actual) + sum(predicted)),
        macro: () => ratio(sum(scores), classes),
        weighted: () => ratio(sum(scores.map((score, i) => score * actual[i]!)), sum(actual)),
      }[average]();
    },
  };
});
