import type { MeanMetric } from "@cajal/runtime";
import { areClassNumbers, classNumbers, defineMetric, isNumber, otherLabels } from "./defineMetric";

/**
 * 1 where the largest output is at the class number `yTrue`.
 *
 * @throws CajalError `bad-shape` for one-hot labels
 */
export const sparseCategoricalAccuracy = defineMetric(
  ["sparse_categorical_accuracy"],
  (): MeanMetric => ({
    name: "sparse_categorical_accuracy",
    compute(ops, yTrue, yPred) {
      if (!areClassNumbers(ops, yTrue, yPred) && ops.extent(yPred, -1) !== 1)
        throw otherLabels("sparseCategoricalAccuracy", ops, yTrue, yPred);
      const labels = ops.cast(classNumbers(ops, yTrue, yPred), "int32");
      const correct = ops.cast(ops.equal(labels, ops.argMax(yPred)), "float32");
      return ops.mul(correct, isNumber(ops, yPred));
    },
  }),
);
