import { defineGradient } from "./gradient";

export const erf = defineGradient({
  op: "Erf",
  // dx = dy · 2/√π · exp(−x²).
  gradient: ([dy], { inputs: [x] }, g) => [
    g.mul(dy, g.mul(g.exp(g.neg(g.mul(x, x))), 2 / Math.sqrt(Math.PI))),
  ],
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
