import { defineGradient } from "./gradient";

export const elu = defineGradient({
  op: "Elu",
  // y = alpha (eˣ − 1) below 0; its slope there is alpha · eˣ = y + alpha, and alpha at 0, as in PyTorch.
  // With alpha ≥ 0 y shows where x > 0, which then need not be kept.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => {
    const alpha = float("alpha", 1);
    return [g.where(g.greater(alpha >= 0 ? y : x, 0), dy, g.mul(dy, g.add(y, alpha)))];
  },
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[4, 5]], attributes: { alpha: 0.3 }, kinks: [0] },
    { inputs: [[]], kinks: [0] },
  ],
});
