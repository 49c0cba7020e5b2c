import { defineGradient } from "./gradient";

export const celu = defineGradient({
  op: "Celu",
  // y = alpha (exp(x / alpha) − 1) below 0, with slope exp(x / alpha) = y / alpha + 1 there.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => [
    g.where(g.greater(x, 0), dy, g.mul(dy, g.add(g.div(y, float("alpha", 1)), 1))),
  ],
  samples: [
    { inputs: [[2, 3]], kinks: [0], float32: true },
    { inputs: [[4, 5]], attributes: { alpha: 0.5 }, kinks: [0], float32: true },
  ],
});
