import { tensor } from "@cajal/core";
import { scoreGradient, weightGradient } from "./shared/crossEntropy";
import { defineGradient, inFloat32 } from "./gradient";

const labels = tensor("int64", [4], [0, 2, 1, 2]);

export const negativeLogLikelihoodLoss = defineGradient({
  op: "NegativeLogLikelihoodLoss",
  inputs: 2,
  // −w · dy / Σ w at the label, w the weight of its class.
  gradient: ([dy], context, g) => [
    context.wants(0) ? scoreGradient(g, dy, context) : undefined,
    undefined,
    context.wants(2) ? weightGradient(g, dy, context.inputs[0], context) : undefined,
  ],
  samples: [
    ...inFloat32([
      { inputs: [[4, 3], labels] },
      { inputs: [[4, 3], labels], attributes: { reduction: "sum" } },
      { inputs: [[4, 3], labels, [3]], range: [0.5, 2] as const },
      {
        inputs: [[4, 3], labels, [3]],
        attributes: { reduction: "sum", ignore_index: 2 },
        range: [0.5, 2] as const,
      },
      {
        inputs: [[2, 3, 2], tensor("int64", [2, 2], [0, 2, 1, 9]), [3]],
        attributes: { reduction: "none", ignore_index: 9 },
        range: [0.5, 2] as const,
      },
      {
        inputs: [[4, 3], labels, tensor("float32", [3], [0.2, 1, 2])],
        attributes: { reduction: "none" },
      },
      {
        inputs: [[4, 3], labels, tensor("float32", [3], [0.2, 1, 2])],
        attributes: { ignore_index: 0 },
      },
    ]),
    { inputs: [[4, 3], tensor("int32", [4], [0, 2, 1, 2])] },
  ],
});
