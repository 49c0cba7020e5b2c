// Shared by the metrics of intersection over union: the classes to average, and the ratio from its counts.
import { CajalError, showValue } from "@cajal/core";
import type { Ops } from "@cajal/runtime";

/**
 * Mean over classes of intersection / (labels + output − intersection), skipping classes that neither has.
 *
 * @param totals for all classes: the pixels in both, then those in the labels, then those in the output
 * @param classes those to average
 */
export function meanIntersectionOverUnion(
  totals: readonly number[],
  classes: readonly number[],
): number {
  const count = totals.length / 3;
  const ratios = classes.flatMap((c) => {
    const intersection = totals[c]!;
    const union = totals[count + c]! + totals[2 * count + c]! - intersection;
    return union > 0 ? [intersection / union] : [];
  });
  return ratios.length === 0 ? 0 : ratios.reduce((a, b) => a + b) / ratios.length;
}

/** The totals of classes 0 and 1, of masks that are 1 where a pixel is of class 1. */
export function binaryTotals<V>(ops: Ops<V>, actual: V, predicted: V): V[] {
  const invert = (mask: V) => ops.sub(1, mask);
  return [
    ops.mul(invert(actual), invert(predicted)),
    ops.mul(actual, predicted),
    invert(actual),
    actual,
    invert(predicted),
    predicted,
  ].map((mask) => ops.reduceSum(mask));
}

/** @param count of the classes; undefined where only the model tells */
export function readClassIds(
  where: string,
  ids: readonly number[] | undefined,
  count?: number,
): readonly number[] | undefined {
  const isClassId = (id: unknown) =>
    Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < (count ?? Infinity);
  if (ids === undefined || (Array.isArray(ids) && ids.length > 0 && ids.every(isClassId)))
    return ids;
  throw new CajalError(
    "bad-argument",
    `${where}: got targetClassIds ${showIds(ids)}, expected a list of class numbers, from 0${count === undefined ? "" : ` to ${count - 1}`}.`,
    { targetClassIds: ids },
  );
}

const showIds = (ids: unknown): string =>
  Array.isArray(ids) ? `[${ids.map(showValue).join(", ")}]` : showValue(ids);
