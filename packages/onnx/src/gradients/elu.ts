import { defineGradient } from "./gradient";

export const elu = defineGradient({
  op: "Elu",
  // y = alpha (eˣ − 1) below 0; its slope there is alpha · eˣ = y + alpha, and alpha at 0, as in PyTorch.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => [
    g.where(g.greater(x, 0), dy, g.mul(dy, g.add(y, float("alpha", 1)))),
  ],
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[4, 5]], attributes: { alpha: 0.3 }, kinks: [0] },
    { inputs: [[]], kinks: [0] },
  ],
});
