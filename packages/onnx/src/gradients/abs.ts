import { defineGradient } from "./gradient";

export const abs = defineGradient({
  op: "Abs",
  // dx = dy · sign(x). Slope 0 at 0, as in TensorFlow.
  gradient: ([dy], { inputs: [x] }, g) => [g.mul(dy, g.sign(x))],
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[]], kinks: [0] },
    { inputs: [[0, 4]], kinks: [0] },
  ],
});
