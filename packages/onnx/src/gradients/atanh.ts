import { defineGradient } from "./gradient";

export const atanh = defineGradient({
  op: "Atanh",
  // dx = dy / (1 − x²).
  gradient: ([dy], { inputs: [x] }, g) => [g.div(dy, g.sub(1, g.mul(x, x)))],
  samples: [
    { inputs: [[2, 3]], range: [-0.8, 0.8], float32: true },
    { inputs: [[]], range: [-0.8, 0.8], float32: true },
    { inputs: [[0, 4]], range: [-0.8, 0.8], float32: true },
  ],
});
