import { defineGradient } from "./gradient";

export const softplus = defineGradient({
  op: "Softplus",
  // y = log(1 + eˣ); dx = dy · sigmoid(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy, g.sigmoid(x))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
