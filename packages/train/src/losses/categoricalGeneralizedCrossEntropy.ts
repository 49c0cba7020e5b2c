import { CajalError, checkOptions, optionsOf } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { classCount, defineLoss } from "./defineLoss";
import { checkClassNumbers } from "./shared/classNumbers";

const where = "categoricalGeneralizedCrossEntropy";

export interface GeneralizedCrossEntropyOptions {
  /** Between 0, next to which it is the cross-entropy, and 1, next to which it is 1 − p; default 0.5. */
  q?: number;
  /** Whether the model gives logits, without a softmax at its end. Default false. */
  fromLogits?: boolean;
}

const optionKinds = optionsOf<GeneralizedCrossEntropyOptions>({
  q: { least: 0, most: 1 },
  fromLogits: "boolean",
});

/**
 * (1 − p^q) / q of the probability p of the right class (Zhang & Sabuncu 2018, arXiv:1805.07836): a cross-entropy that wrong
 * labels disturb less. `yTrue` class numbers `[batch, …]`, of any integer type.
 */
export const categoricalGeneralizedCrossEntropy = defineLoss(
  ["categorical_generalized_cross_entropy"],
  (options: GeneralizedCrossEntropyOptions = {}): Loss => {
    checkOptions(where, options, optionKinds);
    const { q = 0.5, fromLogits = false } = options;
    if (q === 0 || q === 1)
      throw new CajalError(
        "bad-argument",
        `${where}: got q ${q}, expected a number between 0 and 1. ${q === 0 ? "At 0 it is sparseCategoricalCrossentropy." : "At 1 it is 1 − p."}`,
        { q },
      );
    /** @param power p^q, of what the model gives for the right class of each example */
    const loss = (
      ofModel: <V>(ops: Ops<V>, yPred: V) => V,
      power: <V>(ops: Ops<V>, ofClass: V) => V,
    ): Loss => ({
      name: "categorical_generalized_cross_entropy",
      config: { q, fromLogits },
      checkLabels: (yTrue, output, weight) => checkClassNumbers(where, yTrue, output, weight),
      compute(ops, yTrue, yPred) {
        const labels = ops.rank(yTrue) === ops.rank(yPred) ? ops.squeeze(yTrue) : yTrue;
        const isClass = ops.greater(ops.oneHot(labels, classCount(where, ops, yPred)), 0);
        // Selected, not multiplied by 0 and 1: logarithms may be −∞.
        const ofClass = ops.reduceSum(ops.where(isClass, ofModel(ops, yPred), 0), { axes: [-1] });
        return ops.div(ops.sub(1, power(ops, ofClass)), q);
      },
    });
    const logitsLoss = loss(
      (ops, logits) => ops.logSoftmax(logits),
      (ops, logP) => ops.exp(ops.mul(logP, q)),
    );
    if (fromLogits) return { ...logitsLoss, logitsOf: "softmax" };
    const probabilityLoss = loss(
      (_, p) => p,
      (ops, p) => ops.pow(p, q),
    );
    return { ...probabilityLoss, fromLogits: { activation: "softmax", loss: logitsLoss } };
  },
);
