import { defineGradient } from "../gradient";

export const cosh = defineGradient({
  op: "Cosh",
  // dx = dy · sinh(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy!, g.sinh(x!))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
