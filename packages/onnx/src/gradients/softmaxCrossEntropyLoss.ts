import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { scoreGradient } from "./shared/crossEntropy";

const labels = tensor("int64", [4], [0, 2, 1, 2]);

export const softmaxCrossEntropyLoss = defineGradient({
  op: "SoftmaxCrossEntropyLoss",
  // With w the weight of the label's class: dscores = w (softmax − one-hot) · dy / Σ w.
  gradient: ([dy, dLogProbability], context, g) => {
    const logProbability = g.logSoftmax(context.inputs[0]!, { axis: 1 });
    // The gradient of the log probabilities, taken back through the softmax.
    const dLog = scoreGradient(g, dy, context);
    const arrived = dLogProbability
      ? dLog
        ? g.add(dLog, dLogProbability)
        : dLogProbability
      : dLog!;
    const sum = g.reduceSum(arrived, { axes: [1], keepdims: true });
    return [g.sub(arrived, g.mul(g.exp(logProbability), sum))];
  },
  samples: [
    { inputs: [[4, 3], labels] },
    { inputs: [[4, 3], labels], attributes: { reduction: "sum" }, outputs: 2 },
    { inputs: [[4, 3], labels], attributes: { reduction: "none" } },
    { inputs: [[4, 3], labels, tensor("float32", [3], [0.2, 1, 2])] },
    { inputs: [[4, 3], labels], attributes: { ignore_index: 2 } },
    { inputs: [[2, 3, 2], tensor("int64", [2, 2], [0, 2, 1, 2])] },
  ].map((sample) => ({ ...sample, float32: true as const })),
});
