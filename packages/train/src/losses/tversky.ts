import { optionsOf } from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { defineLoss } from "./defineLoss";
import {
  checkOverlapOptions,
  overlapLoss,
  overlapOptions,
  type OverlapOptions,
} from "./shared/overlap";

export interface TverskyOptions extends OverlapOptions {
  /** Weight of the false negatives, Σ y (1 − p); default 0.5. */
  alpha?: number;
  /** Weight of the false positives, Σ (1 − y) p; default 0.5. */
  beta?: number;
}

const optionKinds = optionsOf<TverskyOptions>({
  ...overlapOptions,
  alpha: { least: 0 },
  beta: { least: 0 },
});

/**
 * 1 − Σ y p / (Σ y p + alpha Σ y (1 − p) + beta Σ (1 − y) p) (Salehi et al. 2017, arXiv:1706.05721): Dice
 * where both weights are 0.5. `yTrue` 0 … 1 in the shape of the output. As in Keras, `alpha` is
 * the weight of the false negatives, although Keras' documentation says false positives.
 */
export const tversky = defineLoss(["tversky"], (options: TverskyOptions = {}): Loss => {
  checkOverlapOptions("tversky", options, optionKinds);
  const { alpha = 0.5, beta = 0.5 } = options;
  return overlapLoss(
    "tversky",
    options,
    { alpha, beta },
    (ops, { intersection, falseNegatives, falsePositives }) => ({
      numerator: intersection,
      denominator: ops.add(
        intersection,
        ops.add(ops.mul(falseNegatives, alpha), ops.mul(falsePositives, beta)),
      ),
    }),
  );
});
