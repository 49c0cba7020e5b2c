import { tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { gradientOfRecurrence } from "./recurrent/gradientOfRecurrence";
import { rnnThroughTime } from "./recurrent/rnnThroughTime";

export const rnn = defineGradient({
  op: "RNN",
  inputs: 3,
  outputs: 0,
  // H = tanh(x W + h R + b)  (Elman 1990).
  gradient: gradientOfRecurrence<1, 1>({
    gates: 1,
    activations: ["Tanh"],
    initial: [5],
    throughTime: rnnThroughTime,
    step: (g, x, [h], { recurrent, clip, activations: [activate] }) => [
      activate.of(clip(g.add(x, g.matMul(h, recurrent)))),
    ],
  }),
  samples: inFloat32([
    {
      inputs: [
        [4, 2, 3],
        [1, 5, 3],
        [1, 5, 5],
        [1, 10],
      ],
      attributes: { hidden_size: 5 },
    },
    {
      inputs: [[3, 2, 3], [2, 2, 3], [2, 2, 2], undefined, undefined, [2, 2, 2]],
      attributes: { hidden_size: 2, direction: "bidirectional" },
      outputs: 2,
    },
    {
      inputs: [[4, 3, 2], [2, 3, 2], [2, 3, 3], [2, 6], tensor("int32", [3], [2, 4, 1])],
      attributes: {
        hidden_size: 3,
        direction: "bidirectional",
        activations: ["Affine", "ScaledTanh"],
        activation_alpha: [0.7, 1.3],
        activation_beta: [0.1, 0.6],
      },
      outputs: 2,
    },
    {
      inputs: [
        [3, 2, 2],
        [1, 3, 2],
        [1, 3, 3],
        [1, 6],
      ],
      attributes: {
        hidden_size: 3,
        clip: 0.15,
        activations: ["LeakyRelu"],
        activation_alpha: [0.3],
      },
    },
  ]),
});
