import { defineGradient } from "./gradient";

export const cosh = defineGradient({
  op: "Cosh",
  // dx = dy · sinh(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy, g.sinh(x))],
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
