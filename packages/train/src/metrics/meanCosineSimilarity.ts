import type { MeanMetric } from "@cajal/runtime";
import { cosineSimilarity } from "../losses/cosineSimilarity";
import { defineMetric, labelsLike } from "./defineMetric";

/**
 * Σ ŷ p̂ over the last axis, both divided by their L2 norm, as Keras' metric "cosine_similarity": 1 for the same direction,
 * −1 for the opposite one. The loss {@link cosineSimilarity} has the other sign, as it is to fall. `yTrue` in the shape of
 * the output; class numbers are taken as one-hot labels.
 */
export const meanCosineSimilarity = defineMetric(["cosine_similarity"], (): MeanMetric => ({
  name: "cosine_similarity",
  compute: (ops, yTrue, yPred) =>
    ops.neg(
      cosineSimilarity().compute(ops, labelsLike("meanCosineSimilarity", ops, yTrue, yPred), yPred),
    ),
}));
