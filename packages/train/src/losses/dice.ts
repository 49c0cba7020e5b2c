import type { Loss } from "@cajal/runtime";
import { defineLoss } from "./defineLoss";
import { checkOverlapOptions, overlapLoss, type OverlapOptions } from "./shared/overlap";

/**
 * 1 − 2 Σ y p / (Σ y + Σ p): how little two masks overlap (Milletari et al. 2016, arXiv:1606.04797; here,
 * as in Keras, without squares). `yTrue` 0 … 1 in the shape of the output.
 *
 * @param options.axis axes to sum over; default: all, the batch included
 */
export const dice = defineLoss(["dice"], (options: OverlapOptions = {}): Loss => {
  checkOverlapOptions("dice", options);
  return overlapLoss(
    "dice",
    options,
    {},
    (ops, { intersection, falseNegatives, falsePositives }) => {
      const numerator = ops.mul(intersection, 2);
      return {
        numerator,
        denominator: ops.add(numerator, ops.add(falseNegatives, falsePositives)),
      };
    },
  );
});
