import { defineGradient } from "./gradient";

export const sigmoid = defineGradient({
  op: "Sigmoid",
  // dx = dy · y (1 − y).
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy, g.mul(y, g.sub(1, y)))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
