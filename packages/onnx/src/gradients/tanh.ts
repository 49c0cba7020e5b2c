import { defineGradient } from "./gradient";

export const tanh = defineGradient({
  op: "Tanh",
  // dx = dy (1 − y²).
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy, g.sub(1, g.mul(y, y)))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
