import { CajalError, checkOptions } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { defineMetric, labelsLike } from "./defineMetric";
import { meanIntersectionOverUnion, readClassIds } from "./shared/iou";

export interface MeanIoUOptions {
  /** Classes whose mean is taken; default all. */
  targetClassIds?: readonly number[];
}

/**
 * Intersection over union, |A ∩ B| / |A ∪ B|, of the pixels of each class: the mean over the classes that
 * labels or output have, counted over the whole epoch. `yTrue` class numbers or one-hot labels; the class
 * of a pixel is that of its largest output.
 */
export const meanIoU = defineMetric(
  ["mean_io_u", "mean_iou"],
  (options: MeanIoUOptions = {}): TotalsMetric => {
    checkOptions("meanIoU", options, ["targetClassIds"]);
    const chosen = readClassIds("meanIoU", options.targetClassIds);
    return {
      name: "mean_io_u",
      config: { targetClassIds: chosen },
      totals(ops, yTrue, yPred) {
        const count = ops.extent(yPred, -1)!;
        if (chosen?.some((id) => id >= count))
          throw new CajalError(
            "bad-argument",
            `meanIoU: got targetClassIds ${String(chosen)}, expected numbers of 0 … ${count - 1}, the model's outputs.`,
            { targetClassIds: chosen, classes: count },
          );
        const actual = labelsLike(ops, yTrue, yPred);
        const predicted = ops.oneHot(ops.argMax(yPred), count);
        const axes = Array.from({ length: ops.rank(yPred) - 1 }, (_, axis) => axis);
        return [ops.mul(actual, predicted), actual, predicted].map((mask) =>
          ops.reduceSum(mask, { axes }),
        );
      },
      result: (totals) =>
        meanIntersectionOverUnion(totals, chosen ?? [...Array(totals.length / 3).keys()]),
    };
  },
);
