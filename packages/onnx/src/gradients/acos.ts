import { defineGradient } from "./gradient";

export const acos = defineGradient({
  op: "Acos",
  // dx = −dy / √(1 − x²).
  gradient: ([dy], { inputs: [x] }, g) => [g.neg(g.div(dy, g.sqrt(g.sub(1, g.mul(x, x)))))],
  samples: [
    { inputs: [[2, 3]], range: [-0.9, 0.9], float32: true },
    { inputs: [[]], range: [-0.9, 0.9], float32: true },
    { inputs: [[0, 4]], range: [-0.9, 0.9], float32: true },
  ],
});
