import { defineGradient } from "./gradient";
import { gradientOfRecurrence } from "./shared/recurrence";

export const rnn = defineGradient({
  op: "RNN",
  // H = tanh(x W + h R + b)  (Elman 1990).
  gradient: gradientOfRecurrence({
    gates: 1,
    activations: ["Tanh"],
    initial: [5],
    step: (g, x, [h], { recurrent, activations: [activate] }) => [
      activate!(g.add(x, g.matMul(h!, recurrent))),
    ],
  }),
  samples: [
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
  ].map((sample) => ({ ...sample, float32: true as const })),
});
