import { defineGradient } from "./gradient";
import { gatesOf, gradientOfRecurrence } from "./shared/recurrence";

export const lstm = defineGradient({
  op: "LSTM",
  // i, o, f, c̃ = gates(x W + h R + b);  C = f ⊙ C + i ⊙ c̃;  H = o ⊙ tanh C
  // (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).
  gradient: gradientOfRecurrence({
    gates: 4,
    activations: ["Sigmoid", "Tanh", "Tanh"],
    initial: [5, 6],
    step(g, x, [h, c], { hidden, recurrent, activations: [gate, candidate, output] }) {
      const z = g.add(x, g.matMul(h!, recurrent));
      const [i, o, f, update] = gatesOf(g, z, 4, hidden);
      const cell = g.add(g.mul(gate!(f!), c!), g.mul(gate!(i!), candidate!(update!)));
      return [g.mul(gate!(o!), output!(cell)), cell];
    },
  }),
  samples: [
    {
      inputs: [
        [4, 2, 3],
        [1, 20, 3],
        [1, 20, 5],
        [1, 40],
      ],
      attributes: { hidden_size: 5 },
    },
    {
      inputs: [[3, 2, 3], [2, 8, 3], [2, 8, 2], [2, 16], undefined, [2, 2, 2], [2, 2, 2]],
      attributes: { hidden_size: 2, direction: "bidirectional" },
      outputs: 3,
    },
    {
      inputs: [
        [3, 2, 3],
        [1, 8, 3],
        [1, 8, 2],
      ],
      attributes: {
        hidden_size: 2,
        direction: "reverse",
        activations: ["HardSigmoid", "Softsign", "Tanh"],
      },
    },
  ].map((sample) => ({ ...sample, float32: true as const })),
});
