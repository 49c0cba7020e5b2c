import { defineGradient } from "./gradient";

export const hardSigmoid = defineGradient({
  op: "HardSigmoid",
  // y = max(0, min(1, alpha · x + beta)): slope alpha where 0 < y < 1. The slope comes before dy: the steps of relu.ts
  // have an alpha of 3e38, times which dy would be infinite where the slope is 0.
  gradient: ([dy], { outputs: [y], float }, g) => {
    const isBetween = g.cast(g.and(g.greater(y, 0), g.less(y, 1)), dy.dtype);
    return [g.mul(dy, g.mul(isBetween, float("alpha", 0.2)))];
  },
  samples: [
    { inputs: [[4, 5]], range: [-5, 5], kinks: [-2.5, 2.5] },
    { inputs: [[4, 5]], range: [-5, 5], attributes: { alpha: 1 / 6, beta: 0.5 }, kinks: [-3, 3] },
  ],
});
