import { CajalError } from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { clipped } from "./shared/crossentropy";
import { defineLoss, elementwise } from "./defineLoss";
import { readFocalOptions, type FocalOptions } from "./shared/focal";

const where = "binaryFocalCrossentropy";

export interface BinaryFocalOptions extends FocalOptions {
  /** Whether `alpha` weighs ones, and 1 − alpha zeros; default false: neither is weighed. */
  applyClassBalancing?: boolean;
}

/**
 * Mean over the last axis of −(1 − q)^gamma log q, q = p where the label is 1 and 1 − p where it is 0
 * (Lin et al. 2017, arXiv:1708.02002). `yTrue` 0 … 1 in the shape of the output, or without its last axis
 * where that is 1.
 */
export const binaryFocalCrossentropy = defineLoss(
  ["binary_focal_crossentropy"],
  (options: BinaryFocalOptions = {}): Loss => {
    const { alpha, gamma, fromLogits, labelSmoothing } = readFocalOptions(where, options, [
      "applyClassBalancing",
    ]);
    const { applyClassBalancing = false } = options;
    if (typeof applyClassBalancing !== "boolean")
      throw new CajalError(
        "bad-argument",
        `${where}: got applyClassBalancing ${String(applyClassBalancing)}, expected true or false.`,
        { applyClassBalancing },
      );
    const loss = elementwise("binary_focal_crossentropy", where, (ops, labels, yPred) => {
      const y = labelSmoothing
        ? ops.add(ops.mul(labels, 1 - labelSmoothing), labelSmoothing / 2)
        : labels;
      const other = ops.sub(1, y);
      const p = fromLogits ? ops.sigmoid(yPred) : yPred;
      const q = clipped(ops, p);
      const crossentropy = ops.neg(
        ops.add(ops.mul(y, ops.log(q)), ops.mul(other, ops.log(ops.sub(1, q)))),
      );
      const right = ops.add(ops.mul(y, p), ops.mul(other, ops.sub(1, p)));
      const focused = ops.mul(ops.pow(ops.sub(1, right), gamma), crossentropy);
      if (!applyClassBalancing) return focused;
      return ops.mul(ops.add(ops.mul(y, alpha), ops.mul(other, 1 - alpha)), focused);
    });
    return {
      ...loss,
      config: { alpha, gamma, fromLogits, labelSmoothing, applyClassBalancing },
      ...(fromLogits ? { logitsOf: "sigmoid" } : {}),
    };
  },
);
