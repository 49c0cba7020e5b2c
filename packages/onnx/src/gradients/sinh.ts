import { defineGradient } from "../gradient";

export const sinh = defineGradient({
  op: "Sinh",
  // dx = dy · cosh(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy!, g.cosh(x!))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
