import { defineGradient } from "./gradient";

export const reciprocal = defineGradient({
  op: "Reciprocal",
  // dx = −dy · y².
  gradient: ([dy], { outputs: [y] }, g) => [g.neg(g.mul(dy, g.mul(y, y)))],
  samples: [
    { inputs: [[2, 3]], range: [0.5, 2] },
    { inputs: [[]], range: [0.5, 2] },
    { inputs: [[0, 4]], range: [0.5, 2] },
  ],
});
