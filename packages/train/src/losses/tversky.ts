import type { Loss } from "@cajal/runtime";
import { defineLoss } from "./defineLoss";
import { checkOverlapOptions, overlapLoss, readShare, type OverlapOptions } from "./shared/overlap";

export interface TverskyOptions extends OverlapOptions {
  /** Weight of what the labels have alone, Σ y (1 − p); default 0.5. */
  alpha?: number;
  /** Weight of what the output has alone, Σ (1 − y) p; default 0.5. */
  beta?: number;
}

/**
 * 1 − Σ y p / (Σ y p + alpha Σ y (1 − p) + beta Σ (1 − y) p) (Salehi et al. 2017, arXiv:1706.05721): Dice
 * where both weights are 0.5. `yTrue` 0 … 1 in the shape of the output. As in Keras, whose `alpha` is
 * the weight of what was missed although its documentation calls that false positives.
 */
export const tversky = defineLoss(["tversky"], (options: TverskyOptions = {}): Loss => {
  checkOverlapOptions("tversky", options, ["alpha", "beta"]);
  const alpha = readShare("tversky", "alpha", options.alpha ?? 0.5);
  const beta = readShare("tversky", "beta", options.beta ?? 0.5);
  return overlapLoss(
    "tversky",
    options,
    { alpha, beta },
    (ops, { both, labelsOnly, outputOnly }) => ({
      share: both,
      of: ops.add(both, ops.add(ops.mul(labelsOnly, alpha), ops.mul(outputOnly, beta))),
    }),
  );
});
