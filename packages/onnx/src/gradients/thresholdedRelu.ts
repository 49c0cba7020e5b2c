import { defineGradient } from "./gradient";

export const thresholdedRelu = defineGradient({
  op: "ThresholdedRelu",
  // dx = dy where x > alpha.
  gradient: ([dy], { inputs: [x], float }, g) => [
    g.mul(dy, g.cast(g.greater(x, float("alpha", 1)), dy.dtype)),
  ],
  samples: [
    { inputs: [[4, 5]], range: [-3, 3], kinks: [1], float32: true },
    { inputs: [[4, 5]], attributes: { alpha: 0.2 }, kinks: [0.2], float32: true },
  ],
});
