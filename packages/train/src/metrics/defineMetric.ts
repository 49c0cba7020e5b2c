// Shared by all metrics: names, and labels in the form that metrics need.
import { CajalError, showShape } from "@cajal/core";
import type { Metric, Ops } from "@cajal/runtime";
import { classCount, labelsOf } from "../losses/defineLoss";

/** A function that makes a metric, and the names by which Keras knows it. */
export type MetricMaker<O, M extends Metric = Metric> = ((options?: O) => M) & {
  readonly names: readonly string[];
};

/**
 * @param names in Keras: its own, then abbreviations
 * @param make the metric for these options; called without options it gives the default metric
 */
export function defineMetric<O, M extends Metric>(
  names: readonly string[],
  make: (options?: O) => M,
): MetricMaker<O, M> {
  return Object.assign((options?: O) => make(options), { names });
}

/** Whether labels are class numbers for an output of several classes, with or without a last axis of 1. */
export const areClassNumbers = <V>(ops: Ops<V>, yTrue: V, yPred: V): boolean =>
  ops.extent(yPred, -1) !== 1 && (ops.rank(yTrue) < ops.rank(yPred) || ops.extent(yTrue, -1) === 1);

/** Class numbers without a last axis of 1. */
export const classNumbers = <V>(ops: Ops<V>, yTrue: V, yPred: V): V =>
  ops.rank(yTrue) === ops.rank(yPred) ? ops.squeeze(yTrue) : yTrue;

/** Labels as float32 in the shape of the output: class numbers become one-hot. */
export function labelsLike<V>(where: string, ops: Ops<V>, yTrue: V, yPred: V): V {
  if (areClassNumbers(ops, yTrue, yPred))
    return ops.oneHot(classNumbers(ops, yTrue, yPred), classCount(where, ops, yPred));
  return labelsOf(ops, yTrue, yPred);
}

/**
 * The message of a metric for labels of another kind: of one-hot labels or class numbers it would give a number all the
 * same.
 */
export function otherLabels<V>(where: string, ops: Ops<V>, yTrue: V, yPred: V): CajalError {
  const [labels, output] = [yTrue, yPred].map((x) => Array.from({ length: ops.rank(x) }, (_, axis) => ops.extent(x, axis))) as [Extents, Extents]; // prettier-ignore
  const areNumbers = areClassNumbers(ops, yTrue, yPred);
  return new CajalError(
    "bad-shape",
    `${where}: got labels ${showShape(labels)} for an output of ${showShape(output)}, expected ${areNumbers ? `one-hot labels ${showShape(output)}` : `class numbers ${showShape(output.slice(0, -1))}`}. accuracy() takes either.`,
    { labels, output },
  );
}

type Extents = (number | undefined)[];

/** 1 for a sample all of whose outputs are numbers, 0 where one is NaN: such a sample is never right. */
export function isNumber<V>(ops: Ops<V>, yPred: V): V {
  // NaN alone is not equal to itself.
  const numbers = ops.reduceMean(ops.cast(ops.equal(yPred, yPred), "float32"), { axes: [-1] });
  return ops.cast(ops.equal(numbers, 1), "float32");
}

/** Number of the largest output of each sample, int32; −1, no class, where one of them is NaN. */
export const foundClass = <V>(ops: Ops<V>, yPred: V): V =>
  ops.where(ops.equal(isNumber(ops, yPred), 1), ops.argMax(yPred), -1);

/** A ratio; 0 where the denominator is 0, as in Keras. */
export const ratio = (numerator: number, denominator: number): number =>
  denominator === 0 ? 0 : numerator / denominator;
