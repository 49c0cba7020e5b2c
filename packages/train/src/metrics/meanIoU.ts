import { CajalError, checkOptions } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { classCount } from "../losses/defineLoss";
import { defineMetric, labelsLike } from "./defineMetric";
import { decisions } from "./shared/confusion";
import { binaryTotals, meanIntersectionOverUnion, readClassIds } from "./shared/iou";

export interface MeanIoUOptions {
  /** Classes to average; default all. */
  targetClassIds?: readonly number[];
}

/**
 * Intersection over union, |A ∩ B| / |A ∪ B|, of the pixels of each class: the mean over the classes that
 * occur in the labels or the output, counted over the whole epoch. `yTrue` class numbers or one-hot labels; the class
 * of a pixel is that of its largest output. A single output is the probability of class 1 beside class 0, and
 * above 0.5 the pixel is of class 1.
 */
export const meanIoU = defineMetric(
  ["mean_io_u", "mean_iou"],
  (options: MeanIoUOptions = {}): TotalsMetric => {
    checkOptions("meanIoU", options, ["targetClassIds"]);
    const classIds = readClassIds("meanIoU", options.targetClassIds);
    return {
      name: "mean_io_u",
      config: { targetClassIds: classIds },
      totals(ops, yTrue, yPred) {
        const outputs = classCount("meanIoU", ops, yPred);
        const count = Math.max(2, outputs);
        if (classIds?.some((id) => id >= count))
          throw new CajalError(
            "bad-argument",
            `meanIoU: got targetClassIds [${classIds.join(", ")}], expected numbers of 0 … ${count - 1}, the model's classes.`,
            { targetClassIds: classIds, classes: count },
          );
        if (outputs === 1) {
          const { actual, predicted } = decisions(ops, yTrue, yPred, {
            threshold: 0.5,
            where: "meanIoU",
          });
          return binaryTotals(ops, actual, predicted);
        }
        const actual = labelsLike("meanIoU", ops, yTrue, yPred);
        const predicted = ops.oneHot(ops.argMax(yPred), count);
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
