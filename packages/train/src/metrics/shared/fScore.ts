// The weighted harmonic mean of precision and recall, class by class.
import type { TotalsMetric } from "@cajal/runtime";
import { classCount } from "../../losses/defineLoss";
import { foundClass, labelsLike, ratio } from "../defineMetric";
import { decisions } from "./confusion";

export interface FScoreOptions {
  /**
   * How the classes' scores are combined: their mean ("macro", the default), their mean weighted by how
   * often each class occurs ("weighted"), or one score over all decisions ("micro").
   */
  average?: "micro" | "macro" | "weighted";
  /** Outputs above it are predicted positives; default: the largest of several outputs, and 0.5 for a single one. */
  threshold?: number;
}

export const fScoreOptions = { average: ["micro", "macro", "weighted"], threshold: {} } as const;

/** (1 + β²) tp / ((1 + β²) tp + β² fn + fp), counted over the whole epoch. */
export function fScore(
  where: string,
  beta: number,
  { average = "macro", threshold }: FScoreOptions,
): Pick<TotalsMetric, "totals" | "result"> {
  const square = beta ** 2;
  return {
    totals(ops, yTrue, yPred) {
      const classes = classCount(where, ops, yPred);
      const usesArgMax = threshold === undefined && classes > 1;
      const { actual, predicted } = usesArgMax
        ? {
            actual: ops.cast(ops.cast(labelsLike(where, ops, yTrue, yPred), "bool"), "float32"),
            predicted: ops.oneHot(foundClass(ops, yPred), classes),
          }
        : decisions(ops, yTrue, yPred, { threshold: threshold ?? 0.5, where });
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
      // (1 + β²) tp + β² fn + fp = β² actual + predicted
      const score = (tp: number, positives: number, found: number) =>
        ratio((1 + square) * tp, square * positives + found);
      const scores = truePositives.map((tp, i) => score(tp, actual[i]!, predicted[i]!));
      return {
        micro: () => score(sum(truePositives), sum(actual), sum(predicted)),
        macro: () => ratio(sum(scores), classes),
        weighted: () => ratio(sum(scores.map((each, i) => each * actual[i]!)), sum(actual)),
      }[average]();
    },
  };
}
