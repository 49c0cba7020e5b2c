// Shared by the losses of overlapping masks: sums of products over a whole batch, or over some axes.
import { checkInteger, checkOptions, optionsOf, type OptionKind } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { checkShares, epsilon, labelsOf } from "../defineLoss";

export interface OverlapOptions {
  /**
   * Axes to sum over, the batch being axis 0; default all: the loss of a batch is then a single number, not
   * the mean of its examples' losses.
   */
  axis?: readonly number[];
}

/** Sums over two masks, the labels y and the output p. */
export interface Overlap<V> {
  /** Σ y p */
  readonly intersection: V;
  /** Σ y (1 − p) */
  readonly falseNegatives: V;
  /** Σ (1 − y) p */
  readonly falsePositives: V;
}

/**
 * 1 − numerator / (denominator + epsilon).
 *
 * @param index numerator and denominator, such as Dice's
 */
export function overlapLoss(
  name: string,
  { axis }: OverlapOptions,
  config: Readonly<Record<string, unknown>>,
  index: <V>(ops: Ops<V>, sums: Overlap<V>) => { numerator: V; denominator: V },
): Loss {
  return {
    name,
    config: { axis, ...config },
    probabilitiesOf: "sigmoid",
    checkLabels: (yTrue, output, weight) => checkShares(name, yTrue, output, weight),
    compute(ops, yTrue, p) {
      const y = labelsOf(ops, yTrue, p);
      const sum = (x: typeof p) => ops.reduceSum(x, axis ? { axes: axis } : {});
      const { numerator, denominator } = index(ops, {
        intersection: sum(ops.mul(y, p)),
        falseNegatives: sum(ops.mul(y, ops.sub(1, p))),
        falsePositives: sum(ops.mul(ops.sub(1, y), p)),
      });
      return ops.sub(1, ops.div(numerator, ops.add(denominator, epsilon)));
    },
  };
}

export const overlapOptions = optionsOf<OverlapOptions>({ axis: "array" });

export function checkOverlapOptions(
  where: string,
  options: OverlapOptions,
  optionKinds: Readonly<Record<string, OptionKind>> = overlapOptions,
): void {
  checkOptions(where, options, optionKinds);
  options.axis?.forEach((axis, i) => checkInteger(where, `axis[${i}]`, axis));
}
