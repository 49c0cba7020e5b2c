import { tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { scoreGradient, weightGradient } from "./shared/crossEntropy";

const labels = tensor("int64", [4], [0, 2, 1, 2]);

export const softmaxCrossEntropyLoss = defineGradient({
  op: "SoftmaxCrossEntropyLoss",
  inputs: 2,
  outputs: 0,
  // With w the weight of the label's class: dscores = w (softmax − one-hot) · dy / Σ w.
  gradient: ([dy, dLogProbability], context, g) => {
    const logProbability = g.logSoftmax(context.inputs[0], { axis: 1 });
    const dScores = () => {
      // The gradient of the log probabilities, taken back through the softmax.
      const dLog = scoreGradient(g, dy, context);
      const sumOfGradients = dLog && dLogProbability && g.add(dLog, dLogProbability);
      const dLogits = sumOfGradients ?? dLog ?? dLogProbability!;
      const sum = g.reduceSum(dLogits, { axes: [1], keepdims: true });
      return g.sub(dLogits, g.mul(g.exp(logProbability), sum));
    };
    return [
      context.wants(0) ? dScores() : undefined,
      undefined,
      context.wants(2) ? weightGradient(g, dy, logProbability, context) : undefined,
    ];
  },
  samples: [
    ...inFloat32([
      { inputs: [[4, 3], labels] },
      { inputs: [[4, 3], labels], attributes: { reduction: "sum" }, outputs: 2 },
      { inputs: [[4, 3], labels], attributes: { reduction: "none" } },
      { inputs: [[4, 3], labels, tensor("float32", [3], [0.2, 1, 2])] },
      { inputs: [[4, 3], labels], attributes: { ignore_index: 2 } },
      { inputs: [[4, 3], labels, [3]], range: [0.5, 2] as const },
      {
        inputs: [[4, 3], labels, [3]],
        attributes: { ignore_index: 2 },
        outputs: 2,
        range: [0.5, 2] as const,
      },
      { inputs: [[2, 3, 2], tensor("int64", [2, 2], [0, 2, 1, 2])] },
    ]),
    { inputs: [[4, 3], tensor("int32", [4], [0, 2, 1, 2])] },
  ],
});
