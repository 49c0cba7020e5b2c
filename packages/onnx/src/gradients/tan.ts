import { defineGradient } from "../gradient";

export const tan = defineGradient({
  op: "Tan",
  // dx = dy (1 + y²).
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy!, g.add(1, g.mul(y!, y!)))],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 4]] }],
});
