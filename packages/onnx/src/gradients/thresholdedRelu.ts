import { defineGradient } from "./gradient";

export const thresholdedRelu = defineGradient({
  op: "ThresholdedRelu",
  // dx = dy where x > alpha: with alpha ≥ 0 where y > 0, and x need not be kept.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => {
    const alpha = float("alpha", 1);
    return [g.mul(dy, g.cast(alpha >= 0 ? g.greater(y, 0) : g.greater(x, alpha), dy.dtype))];
  },
  samples: [
    { inputs: [[4, 5]], range: [-3, 3], kinks: [1], float32: true },
    { inputs: [[4, 5]], attributes: { alpha: 0.2 }, kinks: [0.2], float32: true },
  ],
});
