import { defineGradient } from "./gradient";

export const sqrt = defineGradient({
  op: "Sqrt",
  // dx = dy / (2 y).
  gradient: ([dy], { outputs: [y] }, g) => [g.div(dy, g.mul(y, 2))],
  samples: [
    { inputs: [[2, 3]], range: [0.5, 2] },
    { inputs: [[]], range: [0.5, 2] },
    { inputs: [[0, 4]], range: [0.5, 2] },
  ],
});
