import { defineGradient } from "./gradient";

export const softsign = defineGradient({
  op: "Softsign",
  // y = x / (1 + |x|); dx = dy (1 − |y|)².
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy!, g.pow(g.sub(1, g.abs(y!)), 2))],
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[]], kinks: [0] },
    { inputs: [[0, 4]], kinks: [0] },
  ],
});
