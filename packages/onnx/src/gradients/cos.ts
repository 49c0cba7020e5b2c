import { defineGradient } from "./gradient";

export const cos = defineGradient({
  op: "Cos",
  // dx = −dy · sin(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.neg(g.mul(dy, g.sin(x)))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
