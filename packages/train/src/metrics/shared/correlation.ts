// Shared by the correlations: labels and outputs of each example, and their moments over some axes.
import { CajalError, checkInteger, checkOptions, optionsOf, showShape } from "@cajal/core";
import type { MeanMetric, Ops } from "@cajal/runtime";
import { labelsLike } from "../defineMetric";

export interface CorrelationOptions {
  /** Axes to correlate over; the batch, axis 0, is none of them. Default the last. */
  axis?: readonly number[];
}

const optionKinds = optionsOf<CorrelationOptions>({ axis: "array" });

/** Numbers of an example, and what is known of them. */
interface Moments<V> {
  readonly mean: V;
  /** Without the mean; 0 where all are equal. */
  readonly centred: V;
  readonly variance: V;
}

/**
 * A correlation of labels and outputs, of which the metric is the mean over all examples.
 *
 * @param where name of the metric, for messages
 * @param coefficient of two sets of numbers, before the mean over the axes is taken; `mean` takes it and keeps the axes
 */
export function correlation(
  name: string,
  where: string,
  options: CorrelationOptions,
  coefficient: <V>(ops: Ops<V>, y: Moments<V>, p: Moments<V>) => V,
): MeanMetric {
  checkOptions(where, options, optionKinds);
  const { axis = [-1] } = options;
  axis.forEach((each, i) => checkInteger(where, `axis[${i}]`, each));
  return {
    name,
    config: { axis },
    compute(ops, yTrue, yPred) {
      const axes = axesOf(where, ops, yPred, axis);
      const moments = (x: typeof yPred): Moments<typeof yPred> => {
        const over = { axes, keepDims: true };
        const mean = ops.reduceMean(x, over);
        const [largest, least] = [ops.reduceMax(x, over), ops.neg(ops.reduceMax(ops.neg(x), over))];
        // Of numbers that are all equal the mean may round to another.
        const centred = ops.where(ops.equal(largest, least), 0, ops.sub(x, mean));
        const variance = ops.reduceMean(ops.mul(centred, centred), over);
        return { mean, centred, variance };
      };
      const y = moments(labelsLike(where, ops, yTrue, yPred));
      return ops.reduceMean(coefficient(ops, y, moments(yPred)), { axes });
    },
  };
}

/** @throws CajalError `bad-argument` for axes that are not there; `bad-shape` where they hold a single number */
function axesOf<V>(where: string, ops: Ops<V>, yPred: V, axis: readonly number[]): number[] {
  const rank = ops.rank(yPred);
  const axes = axis.map((each) => (each < 0 ? rank + each : each));
  const extents = Array.from({ length: rank }, (_, i) => ops.extent(yPred, i));
  if (axes.length === 0 || axes.some((each) => each < 1 || each >= rank))
    throw new CajalError(
      "bad-argument",
      `${where}: got axis [${axis.join(", ")}], expected some of 1 … ${rank - 1}, the axes of an example of an output of ${showShape(extents)}.`,
      { axis, rank },
    );
  if (axes.every((each) => extents[each] === 1))
    throw new CajalError(
      "bad-shape",
      `${where}: got an output of ${showShape(extents)}, of which axis [${axis.join(", ")}] is one number, and a single number correlates with none. Use r2Score(), which is taken over all examples.`,
      { output: extents, axis },
    );
  return axes;
}
