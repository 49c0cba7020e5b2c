import { defineGradient } from "./gradient";

export const sin = defineGradient({
  op: "Sin",
  // dx = dy · cos(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy, g.cos(x))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
