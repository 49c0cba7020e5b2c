import { checkInteger } from "@cajal/core";
import type { MeanMetric } from "@cajal/runtime";
import { classCount, labelsOf } from "../losses/defineLoss";
import { areClassNumbers, classNumbers, defineMetric } from "./defineMetric";

/**
 * 1 where fewer than `k` outputs are larger than that of the true class (ties as in TensorFlow's
 * `in_top_k`); NaN counts as larger. `yTrue` one-hot or class numbers.
 *
 * @param k default 5, as in Keras
 */
export const topKAccuracy = defineMetric(
  ["top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "top_k_accuracy"],
  (k: number = 5): MeanMetric => {
    checkInteger("topKAccuracy", "k", k, { least: 1 });
    return {
      name: `top_${k}_accuracy`,
      compute(ops, yTrue, yPred) {
        const depth = classCount("topKAccuracy", ops, yPred);
        const labels = areClassNumbers(ops, yTrue, yPred)
          ? classNumbers(ops, yTrue, yPred)
          : ops.argMax(labelsOf(ops, yTrue, yPred));
        // Selected, not multiplied by 0 and 1: the other outputs may be −∞.
        const onlyTarget = ops.where(ops.greater(ops.oneHot(labels, depth), 0), yPred, 0);
        const targetOutput = ops.reduceSum(onlyTarget, { axes: [-1], keepDims: true });
        const notLarger = ops.add(
          ops.cast(ops.less(yPred, targetOutput), "float32"),
          ops.cast(ops.equal(yPred, targetOutput), "float32"),
        );
        const largerCount = ops.sub(depth, ops.reduceSum(notLarger, { axes: [-1] }));
        return ops.cast(ops.less(largerCount, k), "float32");
      },
    };
  },
);
