// Counts of correct and wrong decisions; precision and recall are ratios of them.
import { CajalError, checkOptions, optionsOf } from "@cajal/core";
import type { Ops, TotalsMetric } from "@cajal/runtime";
import { classCount } from "../../losses/defineLoss";
import { labelsLike } from "../defineMetric";

export interface DecisionOptions {
  /** Outputs above it are predicted positives; default 0.5. Set 0 where the model gives logits. */
  threshold?: number;
  /** Number of the only output to count, from 0; default: all outputs together. */
  classId?: number;
}

const optionKinds = optionsOf<DecisionOptions>({
  threshold: {},
  classId: { whole: true, least: 0 },
});

export function readDecisionOptions(where: string, options: DecisionOptions) {
  checkOptions(where, options, optionKinds);
  const { threshold = 0.5, classId } = options;
  return { threshold, classId };
}

/** For each element of the output: 1 for positive, else 0, according to the labels and to the model. */
export function decisions<V>(
  ops: Ops<V>,
  yTrue: V,
  yPred: V,
  { threshold, where }: { threshold: number; where: string },
) {
  const labels = labelsLike(where, ops, yTrue, yPred);
  return {
    actual: ops.cast(ops.cast(labels, "bool"), "float32"),
    predicted: ops.cast(ops.greater(yPred, threshold), "float32"),
  };
}

/** A mask over the outputs: 1 at `classId`, 0 elsewhere; plain 1 where `classId` is undefined. */
export function onlyClass<V>(
  ops: Ops<V>,
  yPred: V,
  { classId, where }: { classId: number | undefined; where: string },
): V | number {
  if (classId === undefined) return 1;
  const classes = classCount(where, ops, yPred);
  if (classId >= classes)
    throw new CajalError(
      "bad-argument",
      `${where}: got classId ${classId}, expected one of 0 … ${classes - 1}, the model's outputs.`,
      { classId, classes },
    );
  return ops.constant(Array.from({ length: classes }, (_, i) => (i === classId ? 1 : 0)));
}

/** The number of decisions of one kind. */
export function counted(
  name: string,
  where: string,
  options: DecisionOptions,
  kind: <V>(ops: Ops<V>, actual: V, predicted: V) => V,
): TotalsMetric<readonly [count: number]> {
  const { threshold, classId } = readDecisionOptions(where, options);
  return {
    name,
    config: { threshold, classId },
    totals(ops, yTrue, yPred) {
      const { actual, predicted } = decisions(ops, yTrue, yPred, { threshold, where });
      const classMask = onlyClass(ops, yPred, { classId, where });
      return [ops.reduceSum(ops.mul(kind(ops, actual, predicted), classMask))];
    },
    result: ([count]) => count,
  };
}
