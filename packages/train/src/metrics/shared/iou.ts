// What intersection over union of masks needs: which classes count, and the ratio from its counts.
import { CajalError } from "@cajal/core";

/**
 * Mean over classes of both / (labels + output − both), of those that labels or output have.
 *
 * @param totals counts of a class in both, in the labels and in the output, each for all classes
 * @param classes those that are counted
 */
export function meanIntersectionOverUnion(
  totals: readonly number[],
  classes: readonly number[],
): number {
  const count = totals.length / 3;
  const ratios = classes.flatMap((c) => {
    const both = totals[c]!;
    const union = totals[count + c]! + totals[2 * count + c]! - both;
    return union > 0 ? [both / union] : [];
  });
  return ratios.length === 0 ? 0 : ratios.reduce((a, b) => a + b) / ratios.length;
}

/** @param count of the classes; undefined where only the model tells */
export function readClassIds(
  where: string,
  ids: readonly number[] | undefined,
  count?: number,
): readonly number[] | undefined {
  const valid = (id: unknown) =>
    Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < (count ?? Infinity);
  if (ids === undefined || (Array.isArray(ids) && ids.length > 0 && ids.every(valid))) return ids;
  throw new CajalError(
    "bad-argument",
    `${where}: got targetClassIds ${String(ids)}, expected a list of class numbers, from 0${count === undefined ? "" : ` to ${count - 1}`}.`,
    { targetClassIds: ids },
  );
}
