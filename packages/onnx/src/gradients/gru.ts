import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, inFloat32 } from "./gradient";
import type { Cell } from "./recurrent/cell";
import { gatesOf } from "./recurrent/gates";
import { gradientOfRecurrence } from "./recurrent/gradientOfRecurrence";
import { gruResetAfter, gruResetBefore } from "./recurrent/gruThroughTime";

export const gru = defineGradient({
  op: "GRU",
  inputs: 3,
  outputs: 0,
  // z, r = gates(x W + h R + b);  h̃ = tanh(x W + (r ⊙ h) R + b), or with linear_before_reset
  // h̃ = tanh(x W + r ⊙ (h R + b));  H = (1 − z) ⊙ h̃ + z ⊙ h  (Cho et al. 2014, arXiv:1406.1078).
  gradient: (dys, context, g) =>
    gradientOfRecurrence(context.int("linear_before_reset", 0) === 1 ? resetAfter : resetBefore)(
      dys,
      context,
      g,
    ),
  samples: inFloat32([
    {
      inputs: [
        [4, 2, 3],
        [1, 15, 3],
        [1, 15, 5],
        [1, 30],
      ],
      attributes: { hidden_size: 5 },
    },
    {
      inputs: [[4, 2, 3], [1, 6, 3], [1, 6, 2], [1, 12], undefined, [1, 2, 2]],
      attributes: { hidden_size: 2, linear_before_reset: 1 },
      outputs: 2,
    },
    {
      inputs: [
        [3, 2, 3],
        [2, 6, 3],
        [2, 6, 2],
      ],
      attributes: { hidden_size: 2, direction: "bidirectional" },
    },
    {
      inputs: [
        [4, 3, 2],
        [2, 9, 2],
        [2, 9, 3],
        [2, 18],
        tensor("int32", [3], [2, 4, 1]),
        [2, 3, 3],
      ],
      attributes: { hidden_size: 3, direction: "bidirectional", linear_before_reset: 1 },
      outputs: 2,
    },
    {
      inputs: [[3, 2, 2], [1, 9, 2], [1, 9, 3], [1, 18], tensor("int32", [2], [3, 1])],
      attributes: {
        hidden_size: 3,
        clip: 0.15,
        activations: ["HardSigmoid", "Elu"],
        activation_alpha: [0.3, 0.8],
        activation_beta: [0.4],
      },
      outputs: 2,
    },
  ]),
});

const common = { gates: 3, activations: ["Sigmoid", "Tanh"], initial: [5] };

const resetBefore: Cell<2, 1> = {
  ...common,
  throughTime: gruResetBefore,
  step(g, x, [h], { hidden, recurrent, clip, activations: [gate, candidate] }) {
    const [xz, xr, xh] = gatesOf(g, x, 3, hidden);
    const [rz, rr, rh] = gatesOf(g, recurrent, 3, hidden);
    const z = gate.of(clip(g.add(xz, g.matMul(h, rz))));
    const r = gate.of(clip(g.add(xr, g.matMul(h, rr))));
    return [blend(g, z, candidate.of(clip(g.add(xh, g.matMul(g.mul(r, h), rh)))), h)];
  },
};

const resetAfter: Cell<2, 1> = {
  ...common,
  separateBias: true,
  throughTime: gruResetAfter,
  step(g, x, [h], { hidden, recurrent, recurrentBias, clip, activations: [gate, candidate] }) {
    const [xz, xr, xh] = gatesOf(g, x, 3, hidden);
    const product = g.matMul(h, recurrent);
    const [hz, hr, hh] = gatesOf(
      g,
      recurrentBias ? g.add(product, recurrentBias) : product,
      3,
      hidden,
    );
    const z = gate.of(clip(g.add(xz, hz)));
    const r = gate.of(clip(g.add(xr, hr)));
    return [blend(g, z, candidate.of(clip(g.add(xh, g.mul(r, hh)))), h)];
  },
};

/** (1 − z) ⊙ next + z ⊙ last. */
const blend = (g: GraphBuilder, z: Value, next: Value, last: Value) =>
  g.add(g.mul(g.sub(1, z), next), g.mul(z, last));
