import { defineGradient } from "./gradient";

export const neg = defineGradient({
  op: "Neg",
  gradient: ([dy], _, g) => [g.neg(dy)],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
