import type { Loss, Ops } from "@cajal/runtime";
import { clipped } from "./shared/crossentropy";
import { classCount, checkShares, defineLoss, labelsOf, timesLabel } from "./defineLoss";
import { readFocalOptions, type FocalOptions } from "./shared/focal";

const where = "categoricalFocalCrossentropy";

/**
 * −Σ alpha (1 − p)^gamma y log p: cross-entropy in which examples that are classified well count little (Lin et al.
 * 2017, arXiv:1708.02002). `yTrue` one-hot or soft labels `[batch, …, classes]`.
 *
 * Probabilities are divided by their sum and clipped to [1e-7, 1 − 1e-7], those of logits too.
 */
export const categoricalFocalCrossentropy = defineLoss(
  ["categorical_focal_crossentropy"],
  (options: FocalOptions = {}): Loss => {
    const { alpha, gamma, fromLogits, labelSmoothing } = readFocalOptions(where, options);
    const loss = (probabilities: <V>(ops: Ops<V>, yPred: V) => V): Loss => ({
      name: "categorical_focal_crossentropy",
      config: { alpha, gamma, fromLogits, labelSmoothing },
      checkLabels: (yTrue, output, weight) => checkShares(where, yTrue, output, weight),
      compute(ops, yTrue, yPred) {
        const y = labelsOf(ops, yTrue, yPred);
        const smoothed = labelSmoothing
          ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / classCount(where, ops, yPred))
          : y;
        const p = probabilities(ops, yPred);
        const focalFactor = ops.mul(ops.pow(ops.sub(1, p), gamma), alpha);
        const products = timesLabel(ops, smoothed, ops.mul(focalFactor, ops.log(p)));
        return ops.neg(ops.reduceSum(products, { axes: [-1] }));
      },
    });
    if (fromLogits)
      return { ...loss((ops, logits) => clipped(ops, ops.softmax(logits))), logitsOf: "softmax" };
    const probabilityLoss = loss((ops, p) =>
      clipped(ops, ops.div(p, ops.reduceSum(p, { axes: [-1], keepDims: true }))),
    );
    return { ...probabilityLoss, probabilitiesOf: "softmax" };
  },
);
