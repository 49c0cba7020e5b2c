import { defineGradient } from "./gradient";

export const asinh = defineGradient({
  op: "Asinh",
  // dx = dy / √(x² + 1).
  gradient: ([dy], { inputs: [x] }, g) => [g.div(dy, g.sqrt(g.add(g.mul(x, x), 1)))],
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
