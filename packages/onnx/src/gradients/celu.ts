import { defineGradient } from "./gradient";

export const celu = defineGradient({
  op: "Celu",
  // y = alpha (exp(x / alpha) − 1) below 0, with slope exp(x / alpha) = y / alpha + 1 there.
  // With alpha > 0 y shows where x > 0, which then need not be kept.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => {
    const alpha = float("alpha", 1);
    return [g.where(g.greater(alpha > 0 ? y : x, 0), dy, g.mul(dy, g.add(g.div(y, alpha), 1)))];
  },
  samples: [
    { inputs: [[2, 3]], kinks: [0], float32: true },
    { inputs: [[4, 5]], attributes: { alpha: 0.5 }, kinks: [0], float32: true },
  ],
});
