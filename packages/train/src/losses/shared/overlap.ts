// What losses of overlapping masks have in common: sums of products over a whole batch, or over some axes.
import { CajalError, checkOptions } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { checkSameShape, epsilon } from "../defineLoss";

export interface OverlapOptions {
  /**
   * Axes over which is summed, the batch being axis 0; default all: the loss of a batch is then one
   * number, and no mean of the losses of its examples.
   */
  axis?: readonly number[];
}

/** Sums over masks: of what both have, of what labels and output have alone. */
export interface Overlap<V> {
  readonly both: V;
  /** Σ y (1 − p) */
  readonly labelsOnly: V;
  /** Σ (1 − y) p */
  readonly outputOnly: V;
}

/**
 * @param index a loss: 1 − index; `epsilon` keeps its divisor from 0
 */
export function overlapLoss(
  name: string,
  { axis }: OverlapOptions,
  config: Readonly<Record<string, unknown>>,
  index: <V>(ops: Ops<V>, sums: Overlap<V>) => { share: V; of: V },
): Loss {
  if (axis !== undefined && !(Array.isArray(axis) && axis.every(Number.isInteger)))
    throw new CajalError(
      "bad-argument",
      `${name}: got axis ${String(axis)}, expected a list of axes, such as [1, 2, 3].`,
      { axis },
    );
  return {
    name,
    config: { axis, ...config },
    checkLabels: (yTrue, output) => checkSameShape(name, yTrue, output),
    compute(ops, yTrue, p) {
      const y = ops.cast(ops.rank(yTrue) < ops.rank(p) ? ops.expandDims(yTrue) : yTrue, "float32");
      const sum = (x: typeof p) => ops.reduceSum(x, axis ? { axes: axis } : {});
      const { share, of } = index(ops, {
        both: sum(ops.mul(y, p)),
        labelsOnly: sum(ops.mul(y, ops.sub(1, p))),
        outputOnly: sum(ops.mul(ops.sub(1, y), p)),
      });
      return ops.sub(1, ops.div(share, ops.add(of, epsilon)));
    },
  };
}

/** A share of errors: a number of at least 0. */
export function readShare(where: string, name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new CajalError(
    "bad-argument",
    `${where}: got ${name} ${String(value)}, expected a number of at least 0.`,
    { where, name, value },
  );
}

export const checkOverlapOptions = (
  where: string,
  options: OverlapOptions,
  more: readonly string[] = [],
): void => checkOptions(where, options, ["axis", ...more]);
