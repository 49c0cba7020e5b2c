import { defineGradient } from "./gradient";

export const atan = defineGradient({
  op: "Atan",
  // dx = dy / (1 + x²).
  gradient: ([dy], { inputs: [x] }, g) => [g.div(dy, g.add(1, g.mul(x, x)))],
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
