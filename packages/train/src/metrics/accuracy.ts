import { binaryAccuracy } from "./binaryAccuracy";
import { categoricalAccuracy } from "./categoricalAccuracy";
import { areClassNumbers, defineMetric } from "./defineMetric";
import { sparseCategoricalAccuracy } from "./sparseCategoricalAccuracy";
import type { MeanMetric } from "@cajal/runtime";

/**
 * Fraction of samples that are classified correctly, as Keras' "accuracy": chosen by the shapes, one of
 * {@link binaryAccuracy} (one output), {@link categoricalAccuracy} (labels in the output's shape) and
 * {@link sparseCategoricalAccuracy} (class numbers).
 */
export const accuracy = defineMetric(["accuracy", "acc"], (): MeanMetric => {
  const [binary, categorical, sparse] = [
    binaryAccuracy(),
    categoricalAccuracy(),
    sparseCategoricalAccuracy(),
  ];
  return {
    name: "accuracy",
    compute(ops, yTrue, yPred) {
      const metric =
        ops.extent(yPred, -1) === 1
          ? binary
          : areClassNumbers(ops, yTrue, yPred)
            ? sparse
            : categorical;
      return metric.compute(ops, yTrue, yPred);
    },
  };
});
