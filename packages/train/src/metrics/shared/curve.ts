// Shared by the metrics that look at many thresholds at once: how many positives and negatives are above each.
import { CajalError, optionsOf } from "@cajal/core";
import type { Ops, TotalsMetric } from "@cajal/runtime";
import { areClassNumbers, labelsLike } from "../defineMetric";
import { onlyClass } from "./confusion";

export interface CurveOptions {
  /** Points of the curve, evenly spaced over 0 … 1; default 200, as in Keras. More are more exact. */
  thresholds?: number;
  /**
   * Whether the model gives logits, of which the metric takes the sigmoid as Keras' does, and with class numbers as labels
   * the softmax. Default false.
   */
  fromLogits?: boolean;
}

export const curveOptions = optionsOf<CurveOptions>({
  thresholds: { whole: true, least: 2, most: 10_000 },
  fromLogits: "boolean",
});

/** What is above a threshold. */
export interface CurvePoint {
  readonly truePositives: number;
  readonly falsePositives: number;
}

export interface Curve {
  /** All positives and negatives that there are. */
  readonly all: CurvePoint;
  /** At the thresholds from 0 to 1, each included. */
  readonly points: readonly CurvePoint[];
}

/** Comparisons of elements with thresholds computed at once: 16 MB of numbers. */
const comparisonsPerChunk = 2 ** 22;

/**
 * Counts over the whole epoch and all outputs together; for class numbers each class against the others.
 *
 * @param where name of the metric, for messages
 * @param options.classId the only output to count
 * @param result of the curve
 * @returns a metric that is NaN where an output is, and throws CajalError `bad-argument` for outputs that are not in
 *   0 … 1
 */
export function ofCurve(
  where: string,
  options: CurveOptions & { classId?: number | undefined },
  result: (curve: Curve) => number,
): Pick<TotalsMetric, "totals" | "result"> {
  const { thresholds = 200, fromLogits = false, classId } = options;
  // Outputs are multiplied before they are compared with whole numbers: so Keras rounds what is next to a threshold.
  const scale = thresholds - 1;
  // Outputs not above the second are below 0; those above the last are above 1.
  const limits = [-Infinity, -1e-7 * scale, ...Array(thresholds).keys(), (1 + 1e-6) * scale];
  return {
    totals(ops, yTrue, yPred) {
      const actual = ops.cast(ops.cast(labelsLike(where, ops, yTrue, yPred), "bool"), "float32");
      const p = fromLogits ? probabilities(ops, yTrue, yPred) : yPred;
      const classMask = onlyClass(ops, yPred, { classId, where });
      const isPositive = ops.expandDims(ops.mul(actual, classMask));
      const isNegative = ops.expandDims(ops.mul(ops.sub(1, actual), classMask));
      const column = ops.expandDims(ops.mul(p, scale)); // [..., 1] beside [thresholds]
      const axes = Array.from({ length: ops.rank(p) }, (_, axis) => axis);
      const elements = axes.reduce((product, axis) => product * (ops.extent(p, axis) ?? 1), 1);
      const chunk = Math.max(1, Math.floor(comparisonsPerChunk / Math.max(1, elements)));
      const truePositives: (typeof yPred)[] = [];
      const falsePositives: (typeof yPred)[] = [];
      for (let from = 0; from < limits.length; from += chunk) {
        const above = ops.where(
          ops.equal(column, column),
          ops.cast(ops.greater(column, ops.constant(limits.slice(from, from + chunk))), "float32"),
          NaN,
        );
        truePositives.push(ops.reduceSum(ops.mul(above, isPositive), { axes }));
        falsePositives.push(ops.reduceSum(ops.mul(above, isNegative), { axes }));
      }
      return [...truePositives, ...falsePositives];
    },
    result(totals) {
      const half = totals.length / 2;
      const counts = totals.slice(0, half).map((truePositives, i) => ({
        truePositives,
        falsePositives: totals[half + i]!,
      }));
      const [all, inside, outside] = [0, 1, -1].map((i) => {
        const { truePositives, falsePositives } = counts.at(i)!;
        return truePositives + falsePositives;
      });
      if (Number.isNaN(all)) return NaN;
      if (inside !== all || outside !== 0)
        throw new CajalError(
          "bad-argument",
          `${where}: the model's outputs are not all in 0 … 1. End the model with a sigmoid or softmax, or say ${where}({ fromLogits: true }).`,
        );
      return result({ all: counts[0]!, points: counts.slice(2, -1) });
    },
  };
}

const probabilities = <V>(ops: Ops<V>, yTrue: V, yPred: V): V =>
  areClassNumbers(ops, yTrue, yPred) ? ops.softmax(yPred) : ops.sigmoid(yPred);
