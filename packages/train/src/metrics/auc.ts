import { CajalError, checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { areClassNumbers, defineMetric, labelsLike, ratio } from "./defineMetric";

export interface AucOptions {
  /** Area under true over false positive rate ("ROC", the default), or precision over recall ("PR"). */
  curve?: "ROC" | "PR";
  /** Points of the curve, evenly spaced over 0 … 1; default 200, as in Keras. More are more exact. */
  thresholds?: number;
  /**
   * Whether the model gives logits, of which the metric takes the sigmoid as Keras' does, and with class numbers as labels
   * the softmax. Default false.
   */
  fromLogits?: boolean;
}

const optionKinds = optionsOf<AucOptions>({
  curve: ["ROC", "PR"],
  thresholds: { whole: true, least: 2, most: 10_000 },
  fromLogits: "boolean",
});

/** Comparisons of elements with thresholds computed at once: 16 MB of numbers. */
const comparisonsPerChunk = 2 ** 22;

/**
 * Area under the curve (Fawcett 2006), from counts of the whole epoch at evenly spaced thresholds, as
 * Keras' AUC: trapezoids for ROC, and the interpolation of Davis & Goadrich 2006 for PR. All outputs are
 * taken together; for class numbers each class against the others.
 *
 * @throws CajalError `bad-argument` for outputs that are not in 0 … 1
 */
export const auc = defineMetric(["auc"], (options: AucOptions = {}): TotalsMetric => {
  checkOptions("auc", options, optionKinds);
  const { curve = "ROC", thresholds: count = 200, fromLogits = false } = options;
  const inner = Array.from({ length: count - 2 }, (_, i) => (i + 1) / (count - 1));
  // Outputs not above the second threshold are below 0; those above the last are above 1.
  const thresholds = [-Infinity, -1e-7, ...inner, 1 + 1e-6];
  return {
    name: "auc",
    config: { curve, thresholds: count, fromLogits },
    totals(ops, yTrue, yPred) {
      const actual = ops.cast(ops.cast(labelsLike("auc", ops, yTrue, yPred), "bool"), "float32");
      const p = fromLogits
        ? areClassNumbers(ops, yTrue, yPred)
          ? ops.softmax(yPred)
          : ops.sigmoid(yPred)
        : yPred;
      const column = ops.expandDims(p); // [..., 1] beside [thresholds]
      const isPositive = ops.expandDims(actual);
      const axes = Array.from({ length: ops.rank(p) }, (_, axis) => axis);
      const elements = axes.reduce((product, axis) => product * (ops.extent(p, axis) ?? 1), 1);
      const chunk = Math.max(1, Math.floor(comparisonsPerChunk / Math.max(1, elements)));
      const truePositives: (typeof yPred)[] = [];
      const falsePositives: (typeof yPred)[] = [];
      for (let from = 0; from < thresholds.length; from += chunk) {
        const thresholdChunk = ops.constant(thresholds.slice(from, from + chunk));
        const above = ops.where(
          ops.equal(column, column),
          ops.cast(ops.greater(column, thresholdChunk), "float32"),
          NaN,
        );
        truePositives.push(ops.reduceSum(ops.mul(above, isPositive), { axes }));
        falsePositives.push(ops.reduceSum(ops.mul(above, ops.sub(1, isPositive)), { axes }));
      }
      return [...truePositives, ...falsePositives];
    },
    result(totals) {
      const half = totals.length / 2;
      const [truePositives, falsePositives] = [totals.slice(0, half), totals.slice(half)];
      const countAbove = (i: number) => truePositives.at(i)! + falsePositives.at(i)!;
      if (countAbove(0) !== countAbove(1) || countAbove(-1) !== 0) {
        if (Number.isNaN(countAbove(0))) return NaN;
        throw new CajalError(
          "bad-argument",
          "auc: the model's outputs are not all in 0 … 1. End the model with a sigmoid or softmax, or say auc({ fromLogits: true }).",
        );
      }
      const [tp, fp] = [truePositives.slice(1), falsePositives.slice(1)];
      return curve === "ROC" ? underRoc(tp, fp) : underPrecisionRecall(tp, fp);
    },
  };
});

/** Trapezoids between the points; thresholds rise, so rates fall. */
function underRoc(tp: readonly number[], fp: readonly number[]): number {
  const rate = (counts: readonly number[], i: number) => ratio(counts[i]!, counts[0]!);
  let area = 0;
  for (let i = 0; i + 1 < tp.length; i++)
    area += ((rate(fp, i) - rate(fp, i + 1)) * (rate(tp, i) + rate(tp, i + 1))) / 2;
  return area;
}

/** Between two points false positives grow linearly with true ones, not precision with recall. */
function underPrecisionRecall(tp: readonly number[], fp: readonly number[]): number {
  let area = 0;
  for (let i = 0; i + 1 < tp.length; i++) {
    const [addedTp, predicted] = [tp[i]! - tp[i + 1]!, tp[i]! + fp[i]!];
    const nextPredicted = Math.max(tp[i + 1]! + fp[i + 1]!, 0);
    const slope = ratio(addedTp, predicted - nextPredicted);
    const intercept = tp[i + 1]! - slope * nextPredicted;
    const growth = predicted > 0 && nextPredicted > 0 ? predicted / nextPredicted : 1;
    area += slope * (addedTp + intercept * Math.log(growth));
  }
  return ratio(area, tp[0]!);
}
