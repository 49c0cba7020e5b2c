import { defineGradient } from "./gradient";

export const acosh = defineGradient({
  op: "Acosh",
  // dx = dy / √(x² − 1).
  gradient: ([dy], { inputs: [x] }, g) => [g.div(dy, g.sqrt(g.sub(g.mul(x, x), 1)))],
  samples: [
    { inputs: [[2, 3]], range: [1.5, 3], float32: true },
    { inputs: [[]], range: [1.5, 3], float32: true },
    { inputs: [[0, 4]], range: [1.5, 3], float32: true },
  ],
});
