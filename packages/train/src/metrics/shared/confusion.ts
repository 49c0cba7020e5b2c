// Counts of right and wrong decisions, of which precision and recall are ratios.
import { CajalError, checkOptions } from "@cajal/core";
import type { Ops } from "@cajal/runtime";
import { labelsLike } from "../defineMetric";

export interface DecisionOptions {
  /** An output above it says yes; default 0.5, or 0 where the model gives logits. */
  threshold?: number;
  /** Looks at the output of this number alone; default: all outputs together. */
  classId?: number;
}

export function readDecisionOptions(where: string, options: DecisionOptions) {
  checkOptions(where, options, ["threshold", "classId"]);
  const { threshold = 0.5, classId } = options;
  if (!Number.isFinite(threshold))
    throw new CajalError(
      "bad-argument",
      `${where}: got threshold ${String(threshold)}, expected a number.`,
      { threshold },
    );
  if (classId !== undefined && !(Number.isSafeInteger(classId) && classId >= 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got classId ${String(classId)}, expected the number of an output, from 0.`,
      { classId },
    );
  return { threshold, classId };
}

/** Per element of the output: 1 for yes, by the labels and by the model. */
export function decisions<V>(ops: Ops<V>, yTrue: V, yPred: V, threshold: number) {
  const labels = labelsLike(ops, yTrue, yPred);
  return {
    actual: ops.cast(ops.cast(labels, "bool"), "float32"),
    predicted: ops.cast(ops.greater(yPred, threshold), "float32"),
  };
}

/** 1 at one output, 0 at the others; 1 without a number. */
export function onlyClass<V>(
  ops: Ops<V>,
  yPred: V,
  { classId, where }: { classId: number | undefined; where: string },
): V | number {
  if (classId === undefined) return 1;
  const classes = ops.extent(yPred, -1)!;
  if (classId >= classes)
    throw new CajalError(
      "bad-argument",
      `${where}: got classId ${classId}, expected one of 0 … ${classes - 1}, the model's outputs.`,
      { classId, classes },
    );
  return ops.constant(Array.from({ length: classes }, (_, i) => (i === classId ? 1 : 0)));
}
