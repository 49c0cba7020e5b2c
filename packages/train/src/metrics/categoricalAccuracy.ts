import type { MeanMetric } from "@cajal/runtime";
import { defineMetric, isNumber } from "./defineMetric";

/** 1 where the largest output is at the label's largest element. `yTrue` one-hot. */
export const categoricalAccuracy = defineMetric(["categorical_accuracy"], (): MeanMetric => ({
  name: "categorical_accuracy",
  compute(ops, yTrue, yPred) {
    const correct = ops.cast(ops.equal(ops.argMax(yTrue), ops.argMax(yPred)), "float32");
    return ops.mul(correct, isNumber(ops, yPred));
  },
}));
