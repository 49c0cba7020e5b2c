import type { Loss, Ops } from "@cajal/runtime";
import { clipped, readOptions, weighted, type CrossentropyOptions } from "./shared/crossentropy";
import { classCount, defineLoss, timesLabel } from "./defineLoss";
import { checkClassNumbers } from "./shared/classNumbers";

const where = "sparseCategoricalCrossentropy";

/**
 * −log p of the right class. `yTrue` class numbers `[batch, …]`, of any integer type.
 *
 * Without label smoothing it equals {@link categoricalCrossentropy} of the one-hot labels.
 */
export const sparseCategoricalCrossentropy = defineLoss(
  ["sparse_categorical_crossentropy", "scce"],
  (options: CrossentropyOptions = {}): Loss => {
    const { fromLogits, labelSmoothing, classWeights } = readOptions(where, options);
    const loss = (logitsOf: <V>(ops: Ops<V>, yPred: V) => V): Loss => ({
      name: "sparse_categorical_crossentropy",
      config: { fromLogits, labelSmoothing, classWeights },
      checkLabels: (yTrue, output, weight) => checkClassNumbers(where, yTrue, output, weight),
      compute(ops, yTrue, yPred) {
        const labels = ops.rank(yTrue) === ops.rank(yPred) ? ops.squeeze(yTrue) : yTrue;
        const count = classCount(where, ops, yPred);
        const y = ops.oneHot(labels, count);
        const smoothed = labelSmoothing
          ? ops.add(ops.mul(y, 1 - labelSmoothing), labelSmoothing / count)
          : y;
        const products = timesLabel(ops, smoothed, ops.logSoftmax(logitsOf(ops, yPred)));
        const losses = ops.neg(ops.reduceSum(products, { axes: [-1] }));
        return classWeights
          ? weighted(ops, losses, labels, { weights: classWeights, count, where })
          : losses;
      },
    });
    const logitsLoss = loss((_, logits) => logits);
    if (fromLogits) return { ...logitsLoss, logitsOf: "softmax" };
    // Keras clips here and then takes the logarithms as logits: they are normalized after the clip.
    const probabilityLoss = loss((ops, p) => ops.log(clipped(ops, p)));
    return { ...probabilityLoss, fromLogits: { activation: "softmax", loss: logitsLoss } };
  },
);
