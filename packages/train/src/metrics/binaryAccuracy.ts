import { checkOptions } from "@cajal/core";
import type { MeanMetric } from "@cajal/runtime";
import { defineMetric } from "./defineMetric";

/**
 * Fraction of a sample's outputs on the correct side of the threshold; NaN is on neither.
 *
 * @param options.threshold default 0.5; 0 where the model gives logits
 */
export const binaryAccuracy = defineMetric(
  ["binary_accuracy"],
  (options: { threshold?: number } = {}): MeanMetric => {
    checkOptions("binaryAccuracy", options, { threshold: {} });
    const { threshold = 0.5 } = options;
    return {
      name: "binary_accuracy",
      config: { threshold },
      compute(ops, yTrue, yPred) {
        const y = ops.cast(
          ops.rank(yTrue) < ops.rank(yPred) ? ops.expandDims(yTrue) : yTrue,
          "float32",
        );
        const predicted = ops.cast(ops.greater(yPred, threshold), "float32");
        const correct = ops.cast(ops.equal(predicted, y), "float32");
        const isNumber = ops.cast(ops.equal(yPred, yPred), "float32");
        return ops.reduceMean(ops.mul(correct, isNumber), { axes: [-1] });
      },
    };
  },
);
