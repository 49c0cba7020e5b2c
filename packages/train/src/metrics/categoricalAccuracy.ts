import type { MeanMetric } from "@cajal/runtime";
import { defineMetric, isNumber } from "./defineMetric";

/** 1 where the largest output is at the label's largest element. `yTrue` one-hot. */
export const categoricalAccuracy = defineMetric(["categorical_accuracy"], (): MeanMetric => ({
  name: "categorical_accuracy",
  compute(ops, yTrue, yPred) {
    // Engines find the largest of a few types alone.
    const labels = ops.argMax(ops.cast(yTrue, "float32"));
    const correct = ops.cast(ops.equal(labels, ops.argMax(yPred)), "float32");
    return ops.mul(correct, isNumber(ops, yPred));
  },
}));
