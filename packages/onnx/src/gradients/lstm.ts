import { tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { gatesOf } from "./recurrent/gates";
import { gradientOfRecurrence } from "./recurrent/gradientOfRecurrence";
import { lstmThroughTime } from "./recurrent/lstmThroughTime";

export const lstm = defineGradient({
  op: "LSTM",
  inputs: 3,
  outputs: 0,
  // i, o, f, c̃ = gates(x W + h R + b);  C = f ⊙ C + i ⊙ c̃;  H = o ⊙ tanh C
  // (Hochreiter & Schmidhuber 1997, with the forget gate and the peepholes of Gers et al. 2000).
  gradient: (dys, context, g) => recurrence(context.int("input_forget", 0) === 1)(dys, context, g),
  samples: inFloat32([
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
      inputs: [[3, 2, 3], [1, 8, 3], [1, 8, 2], [1, 16], undefined, [1, 2, 2], [1, 2, 2]],
      attributes: { hidden_size: 2 },
      outputs: 3,
    },
    {
      inputs: [[3, 2, 3], [1, 8, 3], [1, 8, 2], undefined, undefined, [1, 2, 2], [1, 2, 2]],
      attributes: { hidden_size: 2, direction: "reverse" },
      outputs: 3,
    },
    {
      inputs: [
        [1, 2, 3],
        [1, 8, 3],
        [1, 8, 2],
      ],
      attributes: { hidden_size: 2 },
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
    {
      inputs: [
        [4, 3, 2],
        [2, 12, 2],
        [2, 12, 3],
        [2, 24],
        tensor("int32", [3], [2, 4, 1]),
        [2, 3, 3],
        [2, 3, 3],
      ],
      attributes: { hidden_size: 3, direction: "bidirectional" },
      outputs: 3,
    },
    {
      inputs: [[3, 2, 2], [1, 12, 2], [1, 12, 3], [1, 24], undefined, [1, 2, 3], [1, 2, 3], [1, 9]],
      attributes: {
        hidden_size: 3,
        activations: ["HardSigmoid", "Affine", "ScaledTanh"],
        activation_alpha: [0.3, 0.8, 1.2],
        activation_beta: [0.4, 0.1, 0.7],
      },
      outputs: 3,
    },
    {
      inputs: [
        [3, 2, 2],
        [1, 12, 2],
        [1, 12, 3],
        [1, 24],
        tensor("int32", [2], [3, 1]),
        [1, 2, 3],
        [1, 2, 3],
      ],
      attributes: { hidden_size: 3, clip: 0.15, input_forget: 1 },
      outputs: 3,
    },
  ]),
});

/** With coupled gates what is not let in is kept: f = 1 − i. */
const recurrence = (inputForget: boolean) =>
  gradientOfRecurrence<3, 2>({
    gates: 4,
    activations: ["Sigmoid", "Tanh", "Tanh"],
    initial: [5, 6],
    ...(!inputForget && { throughTime: lstmThroughTime }),
    step(g, x, [h, c], { hidden, recurrent, peepholes, clip, activations }) {
      const [gate, candidate, output] = activations;
      const z = g.add(x, g.matMul(h, recurrent));
      const [zi, zo, zf, update] = gatesOf(g, z, 4, hidden);
      const peep = (value: typeof z, k: number, cell: typeof z) =>
        peepholes ? g.add(value, g.mul(peepholes[k]!, cell)) : value;
      const i = gate.of(clip(peep(zi, 0, c)));
      const f = inputForget ? g.sub(1, i) : gate.of(clip(peep(zf, 2, c)));
      const cell = g.add(g.mul(f, c), g.mul(i, candidate.of(clip(update))));
      const o = gate.of(clip(peep(zo, 1, cell)));
      return [g.mul(o, output.of(cell)), cell];
    },
  });
