import { tensor } from "@cajal/core";
import { scoreGradient } from "./shared/crossEntropy";
import { defineGradient } from "./gradient";

const labels = tensor("int64", [4], [0, 2, 1, 2]);

export const negativeLogLikelihoodLoss = defineGradient({
  op: "NegativeLogLikelihoodLoss",
  // −w · dy / Σ w at the label, w the weight of its class.
  gradient: ([dy], context, g) => [scoreGradient(g, dy, context)],
  samples: [
    { inputs: [[4, 3], labels] },
    { inputs: [[4, 3], labels], attributes: { reduction: "sum" } },
    {
      inputs: [[4, 3], labels, tensor("float32", [3], [0.2, 1, 2])],
      attributes: { reduction: "none" },
    },
    {
      inputs: [[4, 3], labels, tensor("float32", [3], [0.2, 1, 2])],
      attributes: { ignore_index: 0 },
    },
  ].map((sample) => ({ ...sample, float32: true as const })),
});
