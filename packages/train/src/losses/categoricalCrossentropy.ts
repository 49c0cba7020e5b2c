import type { Loss, Ops } from "@cajal/runtime";
import { clipped, readOptions, weighted, type CrossentropyOptions } from "./shared/crossentropy";
import { classCount, checkShares, defineLoss, labelsOf, timesLabel } from "./defineLoss";

const where = "categoricalCrossentropy";

/**
 * −Σ y log p. `yTrue` one-hot or soft labels `[batch, …, classes]`.
 *
 * Probabilities are divided by their sum and clipped to [1e-7, 1 − 1e-7]. A model that ends with
 * softmax is trained on its logits, which needs neither.
 */
export const categoricalCrossentropy = defineLoss(
  ["categorical_crossentropy", "cce"],
  (options: CrossentropyOptions = {}): Loss => {
    const { fromLogits, labelSmoothing, classWeights } = readOptions(where, options);
    const loss = (logProbabilities: <V>(ops: Ops<V>, yPred: V) => V): Loss => ({
      name: "categorical_crossentropy",
      config: { fromLogits, labelSmoothing, classWeights },
      // Counts of classes may be larger than 1.
      checkLabels: (yTrue, output, weight) =>
        checkShares(where, yTrue, output, weight, { most: Infinity }),
      compute(ops, yTrue, yPred) {
        const y = labelsOf(ops, yTrue, yPred);
        const count = classCount(where, ops, yPred);
        const smoothed = labelSmoothing
          ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / count)
          : y;
        const products = timesLabel(ops, smoothed, logProbabilities(ops, yPred));
        const losses = ops.neg(ops.reduceSum(products, { axes: [-1] }));
        // The class of a soft label is its largest, as Keras takes it.
        return classWeights
          ? weighted(ops, losses, ops.argMax(y), { weights: classWeights, count, where })
          : losses;
      },
    });
    const logitsLoss = loss((ops, logits) => ops.logSoftmax(logits));
    if (fromLogits) return { ...logitsLoss, logitsOf: "softmax" };
    const probabilityLoss = loss((ops, p) =>
      ops.log(clipped(ops, ops.div(p, ops.reduceSum(p, { axes: [-1], keepDims: true })))),
    );
    return { ...probabilityLoss, fromLogits: { activation: "softmax", loss: logitsLoss } };
  },
);
