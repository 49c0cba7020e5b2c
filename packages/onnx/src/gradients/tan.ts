import { defineGradient } from "./gradient";

export const tan = defineGradient({
  op: "Tan",
  // dx = dy (1 + y²).
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy, g.add(1, g.mul(y, y)))],
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
