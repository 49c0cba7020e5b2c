import { binaryAccuracy } from "./binaryAccuracy";
import { categoricalAccuracy } from "./categoricalAccuracy";
import { areClassNumbers, defineMetric } from "./defineMetric";
import { sparseCategoricalAccuracy } from "./sparseCategoricalAccuracy";
import type { MeanMetric } from "@cajal/runtime";

/**
 * Share of samples that are right, as Keras' "accuracy" means it: by the shapes, one of
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
      const kind =
        ops.extent(yPred, -1) === 1
          ? binary
          : areClassNumbers(ops, yTrue, yPred)
            ? sparse
            : categorical;
      return kind.compute(ops, yTrue, yPred);
    },
  };
});
