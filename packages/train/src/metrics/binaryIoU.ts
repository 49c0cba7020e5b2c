import { checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { defineMetric, labelsLike } from "./defineMetric";
import { binaryTotals, meanIntersectionOverUnion, readClassIds } from "./shared/iou";

export interface BinaryIoUOptions {
  /** Classes to average: 0 (outside the mask) and 1 (inside it); default both. */
  targetClassIds?: readonly number[];
  /** Outputs of at least this are in the mask; default 0.5. Set 0 where the model gives logits. */
  threshold?: number;
}

const optionKinds = optionsOf<BinaryIoUOptions>({ targetClassIds: true, threshold: {} });

/**
 * Intersection over union of masks, |A ∩ B| / |A ∪ B| (Jaccard 1901): the mean over two classes, counted
 * over the whole epoch. `yTrue` 0 and 1 in the shape of the output.
 *
 * @example binaryIoU({ targetClassIds: [1] }) // of the shapes alone, without the background
 */
export const binaryIoU = defineMetric(
  ["binary_io_u", "binary_iou"],
  (options: BinaryIoUOptions = {}): TotalsMetric => {
    checkOptions("binaryIoU", options, optionKinds);
    const { threshold = 0.5 } = options;
    const classes = readClassIds("binaryIoU", options.targetClassIds, 2) ?? [0, 1];
    return {
      name: "binary_io_u",
      config: { targetClassIds: classes, threshold },
      totals(ops, yTrue, yPred) {
        const actual = ops.cast(
          ops.cast(labelsLike("binaryIoU", ops, yTrue, yPred), "bool"),
          "float32",
        );
        // NaN is in no mask.
        const reachesThreshold = ops.sub(1, ops.cast(ops.less(yPred, threshold), "float32"));
        const predicted = ops.mul(reachesThreshold, ops.cast(ops.equal(yPred, yPred), "float32"));
        return binaryTotals(ops, actual, predicted);
      },
      result: (totals) => meanIntersectionOverUnion(totals, classes),
    };
  },
);
