import { CajalError } from "@cajal/core";
import type { MeanMetric } from "@cajal/runtime";
import { areClassNumbers, classNumbers, defineMetric } from "./defineMetric";

/**
 * 1 where fewer than `k` outputs are larger than that of the right class (as TensorFlow's `in_top_k`
 * treats ties); NaN counts as larger. `yTrue` one-hot or class numbers.
 *
 * @param k default 5, as in Keras
 */
export const topKAccuracy = defineMetric(
  ["top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "top_k_accuracy"],
  (k: number = 5): MeanMetric => {
    if (!(Number.isInteger(k) && k > 0))
      throw new CajalError(
        "bad-argument",
        `topKAccuracy: got k ${String(k)}, expected a whole number above 0.`,
        { k },
      );
    return {
      name: `top_${k}_accuracy`,
      compute(ops, yTrue, yPred) {
        const depth = ops.extent(yPred, -1);
        if (depth === undefined)
          throw new CajalError("bad-shape", "topKAccuracy: the number of classes is not known.");
        const right = areClassNumbers(ops, yTrue, yPred)
          ? classNumbers(ops, yTrue, yPred)
          : ops.argMax(yTrue);
        // Chosen, not multiplied by 0 and 1: the other outputs may be −∞.
        const chosen = ops.where(ops.greater(ops.oneHot(right, depth), 0), yPred, 0);
        const own = ops.reduceSum(chosen, { axes: [-1], keepDims: true });
        const notAbove = ops.add(
          ops.cast(ops.less(yPred, own), "float32"),
          ops.cast(ops.equal(yPred, own), "float32"),
        );
        const above = ops.sub(depth, ops.reduceSum(notAbove, { axes: [-1] }));
        return ops.cast(ops.less(above, k), "float32");
      },
    };
  },
);
