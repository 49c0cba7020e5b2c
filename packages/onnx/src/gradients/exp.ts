import { defineGradient } from "./gradient";

export const exp = defineGradient({
  op: "Exp",
  // dx = dy · y.
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy, y)],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
