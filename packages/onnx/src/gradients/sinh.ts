import { defineGradient } from "./gradient";

export const sinh = defineGradient({
  op: "Sinh",
  // dx = dy · cosh(x).
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy, g.cosh(x))],
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
