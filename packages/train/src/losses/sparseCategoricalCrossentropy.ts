import { CajalError, showShape, sizeOf, type Shape, type Tensor } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { clipped, readOptions, weighted, type CrossentropyOptions } from "./shared/crossentropy";
import { classCount, defineLoss, isWeightless, numbersOf, timesLabel } from "./defineLoss";

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
      checkLabels: checkClassNumbers,
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

function checkClassNumbers(yTrue: Tensor, output: Shape, weight?: Tensor): void {
  const { shape, dtype } = yTrue;
  const expected = output.slice(0, -1);
  const labelShape =
    shape.length === output.length && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  if (labelShape.length !== expected.length || sizeOf(labelShape) !== sizeOf(expected))
    throw new CajalError(
      "bad-shape",
      `${where}: got labels ${showShape(shape)}, expected class numbers ${showShape(expected)} for an output of ${showShape(output)}.${
        shape.length === output.length ? " One-hot labels go with categoricalCrossentropy." : ""
      }`,
      { labels: shape, output },
    );
  const classes = output.at(-1) ?? 0;
  const data = numbersOf(yTrue);
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    // A number outside would be a sample without any class: a loss of 0, and no error from an engine.
    const isClass = Number.isInteger(label) && label >= 0 && label < classes;
    if (!isClass && !isWeightless(weight, i, data.length))
      throw new CajalError(
        "bad-argument",
        `${where}: label ${i} of the batch is ${label} (${dtype}), expected a class number in 0 … ${classes - 1}.`,
        { index: i, label, classes },
      );
  }
}
