import { CajalError, checkOptions, optionsOf } from "@cajal/core";
import type { Ops, TotalsMetric } from "@cajal/runtime";
import { classCount } from "../losses/defineLoss";
import { areClassNumbers, classNumbers, defineMetric, foundClass } from "./defineMetric";
import { meanIntersectionOverUnion, readClassIds } from "./shared/iou";

export interface MeanIoUOptions {
  /** Classes to average; default all. */
  targetClassIds?: readonly number[];
  /** Pixels whose label is this number do not count, such as 255 for those that nobody labelled; default none. */
  ignoreClass?: number;
}

const optionKinds = optionsOf<MeanIoUOptions>({
  targetClassIds: true,
  ignoreClass: { whole: true },
});

/**
 * Intersection over union, |A ∩ B| / |A ∪ B|, of the pixels of each class: the mean over the classes that
 * occur in the labels or the output, counted over the whole epoch. `yTrue` class numbers or one-hot labels; the class
 * of a pixel is that of its largest output. A single output is the probability of class 1 beside class 0, and
 * above 0.5 the pixel is of class 1. Pixels whose label is no class do not count.
 *
 * It is Keras' `MeanIoU`, and `IoU` where `targetClassIds` are given, and both as Keras has them of one-hot labels.
 */
export const meanIoU = defineMetric(
  ["mean_io_u", "mean_iou", "io_u", "iou", "one_hot_mean_io_u", "one_hot_io_u"],
  (options: MeanIoUOptions = {}): TotalsMetric => {
    checkOptions("meanIoU", options, optionKinds);
    const { ignoreClass } = options;
    const classIds = readClassIds("meanIoU", options.targetClassIds);
    return {
      name: "mean_io_u",
      config: { targetClassIds: classIds, ignoreClass },
      totals(ops, yTrue, yPred) {
        const outputs = classCount("meanIoU", ops, yPred);
        const count = Math.max(2, outputs);
        if (classIds?.some((id) => id >= count))
          throw new CajalError(
            "bad-argument",
            `meanIoU: got targetClassIds [${classIds.join(", ")}], expected numbers of 0 … ${count - 1}, the model's classes.`,
            { targetClassIds: classIds, classes: count },
          );
        const labels =
          outputs === 1 || areClassNumbers(ops, yTrue, yPred)
            ? ops.cast(classNumbers(ops, yTrue, yPred), "int32")
            : ops.argMax(ops.cast(yTrue, "float32"));
        const found = outputs === 1 ? foundHalf(ops, yPred) : foundClass(ops, yPred);
        const actual = ops.oneHot(
          ignoreClass === undefined
            ? labels
            : ops.where(ops.equal(labels, ignoreClass), -1, labels),
          count,
        );
        const isCounted = ops.reduceSum(actual, { axes: [-1], keepDims: true });
        const predicted = ops.mul(ops.oneHot(found, count), isCounted);
        const axes = Array.from({ length: ops.rank(yPred) - 1 }, (_, axis) => axis);
        return [ops.mul(actual, predicted), actual, predicted].map((mask) =>
          ops.reduceSum(mask, { axes }),
        );
      },
      result: (totals) =>
        meanIntersectionOverUnion(totals, classIds ?? [...Array(totals.length / 3).keys()]),
    };
  },
);

/** Class 1 above 0.5, else 0; −1, no class, where the output is NaN. */
function foundHalf<V>(ops: Ops<V>, yPred: V): V {
  const p = ops.squeeze(yPred);
  return ops.where(ops.equal(p, p), ops.cast(ops.greater(p, 0.5), "int32"), -1);
}
