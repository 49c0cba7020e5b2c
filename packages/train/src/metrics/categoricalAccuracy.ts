import type { MeanMetric } from "@cajal/runtime";
import { labelsOf } from "../losses/defineLoss";
import { areClassNumbers, defineMetric, isNumber, otherLabels } from "./defineMetric";

/**
 * 1 where the largest output is at the label's largest element. `yTrue` one-hot.
 *
 * @throws CajalError `bad-shape` for class numbers
 */
export const categoricalAccuracy = defineMetric(["categorical_accuracy"], (): MeanMetric => ({
  name: "categorical_accuracy",
  compute(ops, yTrue, yPred) {
    if (areClassNumbers(ops, yTrue, yPred))
      throw otherLabels("categoricalAccuracy", ops, yTrue, yPred);
    // Engines find the largest of a few types alone.
    const labels = ops.argMax(labelsOf(ops, yTrue, yPred));
    const correct = ops.cast(ops.equal(labels, ops.argMax(yPred)), "float32");
    return ops.mul(correct, isNumber(ops, yPred));
  },
}));
