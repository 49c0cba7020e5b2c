import { optionsOf } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { binaryOfLogits, binaryOfProbabilities } from "./shared/crossentropy";
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
    const config = { alpha, gamma, fromLogits, labelSmoothing, applyClassBalancing };
    /** @param of the cross-entropy, and the probability of 1 and of 0 */
    const loss = (
      of: <V>(ops: Ops<V>, y: V, yPred: V) => { crossentropy: V; ones: V; zeros: V },
    ): Loss => ({
      ...elementwise(
        "binary_focal_crossentropy",
        where,
        (ops, labels, yPred) => {
          const y = labelSmoothing
            ? ops.add(ops.mul(labels, 1 - labelSmoothing), labelSmoothing / 2)
            : labels;
          const oneMinusY = ops.sub(1, y);
          const { crossentropy, ones, zeros } = of(ops, y, yPred);
          const pWrong = ops.add(ops.mul(y, zeros), ops.mul(oneMinusY, ones));
          const focalLoss = ops.mul(ops.pow(pWrong, gamma), crossentropy);
          if (!applyClassBalancing) return focalLoss;
          return ops.mul(ops.add(ops.mul(y, alpha), ops.mul(oneMinusY, 1 - alpha)), focalLoss);
        },
        { least: 0 },
      ),
      config,
    });
    const logitsLoss = loss((ops, y, x) => ({
      crossentropy: binaryOfLogits(ops, y, x),
      ones: ops.sigmoid(x),
      zeros: ops.sigmoid(ops.neg(x)),
    }));
    if (fromLogits) return { ...logitsLoss, logitsOf: "sigmoid" };
    const probabilityLoss = loss((ops, y, p) => ({
      crossentropy: binaryOfProbabilities(ops, y, p),
      ones: p,
      zeros: ops.sub(1, p),
    }));
    return { ...probabilityLoss, fromLogits: { activation: "sigmoid", loss: logitsLoss } };
  },
);
