import type { MeanMetric } from "@cajal/runtime";
import { classNumbers, defineMetric, isNumber } from "./defineMetric";

/** 1 where the largest output is at the class number `yTrue`. */
export const sparseCategoricalAccuracy = defineMetric(
  ["sparse_categorical_accuracy"],
  (): MeanMetric => ({
    name: "sparse_categorical_accuracy",
    compute(ops, yTrue, yPred) {
      const labels = ops.cast(classNumbers(ops, yTrue, yPred), "int32");
      const correct = ops.cast(ops.equal(labels, ops.argMax(yPred)), "float32");
      return ops.mul(correct, isNumber(ops, yPred));
    },
  }),
);
