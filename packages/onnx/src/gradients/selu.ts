import { defineGradient } from "./gradient";

export const selu = defineGradient({
  op: "Selu",
  // y = gamma · x above 0, gamma · alpha (eˣ − 1) below, with slope y + gamma · alpha there.
  // Defaults: Klambauer et al. 2017, arXiv:1706.02515. Slope gamma at 0, as in TensorFlow.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => {
    const alpha = float("alpha", 1.67326319217681884765625);
    const gamma = float("gamma", 1.05070102214813232421875);
    return [g.where(g.less(x, 0), g.mul(dy, g.add(y, gamma * alpha)), g.mul(dy, gamma))];
  },
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[4, 5]], attributes: { alpha: 0.5, gamma: 2 }, kinks: [0] },
    { inputs: [[]], kinks: [0] },
  ],
});
