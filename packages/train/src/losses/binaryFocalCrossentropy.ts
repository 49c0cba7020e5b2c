import { optionsOf } from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { clipped } from "./shared/crossentropy";
import { defineLoss, elementwise } from "./defineLoss";
import { focalOptions, readFocalOptions, type FocalOptions } from "./shared/focal";

const where = "binaryFocalCrossentropy";

export interface BinaryFocalOptions extends FocalOptions {
  /** Whether `alpha` weighs ones, and 1 − alpha zeros; default false: neither is weighed. */
  applyClassBalancing?: boolean;
}

const optionKinds = optionsOf<BinaryFocalOptions>({
  ...focalOptions,
  applyClassBalancing: "boolean",
});

/**
 * Mean over the last axis of −(1 − q)^gamma log q, q = p where the label is 1 and 1 − p where it is 0
 * (Lin et al. 2017, arXiv:1708.02002). `yTrue` 0 … 1 in the shape of the output, or without its last axis
 * where that is 1.
 */
export const binaryFocalCrossentropy = defineLoss(
  ["binary_focal_crossentropy"],
  (options: BinaryFocalOptions = {}): Loss => {
    const { alpha, gamma, fromLogits, labelSmoothing } = readFocalOptions(
      where,
      options,
      optionKinds,
    );
    const { applyClassBalancing = false } = options;
    const loss = elementwise(
      "binary_focal_crossentropy",
      where,
      (ops, labels, yPred) => {
        const y = labelSmoothing
          ? ops.add(ops.mul(labels, 1 - labelSmoothing), labelSmoothing / 2)
          : labels;
        const oneMinusY = ops.sub(1, y);
        const p = fromLogits ? ops.sigmoid(yPred) : yPred;
        const pClipped = clipped(ops, p);
        const crossentropy = ops.neg(
          ops.add(ops.mul(y, ops.log(pClipped)), ops.mul(oneMinusY, ops.log(ops.sub(1, pClipped)))),
        );
        const pTrue = ops.add(ops.mul(y, p), ops.mul(oneMinusY, ops.sub(1, p)));
        const focalLoss = ops.mul(ops.pow(ops.sub(1, pTrue), gamma), crossentropy);
        if (!applyClassBalancing) return focalLoss;
        return ops.mul(ops.add(ops.mul(y, alpha), ops.mul(oneMinusY, 1 - alpha)), focalLoss);
      },
      { least: 0 },
    );
    return {
      ...loss,
      config: { alpha, gamma, fromLogits, labelSmoothing, applyClassBalancing },
      ...(fromLogits ? { logitsOf: "sigmoid" } : { probabilitiesOf: "sigmoid" }),
    };
  },
);
