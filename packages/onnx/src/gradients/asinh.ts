import { defineGradient } from "../gradient";

export const asinh = defineGradient({
  op: "Asinh",
  // dx = dy / √(x² + 1).
  gradient: ([dy], { inputs: [x] }, g) => [g.div(dy!, g.sqrt(g.add(g.mul(x!, x!), 1)))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
