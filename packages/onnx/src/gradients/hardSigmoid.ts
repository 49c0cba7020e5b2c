import { defineGradient } from "./gradient";

export const hardSigmoid = defineGradient({
  op: "HardSigmoid",
  // y = max(0, min(1, alpha · x + beta)): slope alpha where 0 < y < 1.
  gradient: ([dy], { outputs: [y], float }, g) => [
    g.mul(g.mul(dy, float("alpha", 0.2)), g.cast(g.and(g.greater(y, 0), g.less(y, 1)), dy.dtype)),
  ],
  samples: [
    { inputs: [[4, 5]], range: [-5, 5], kinks: [-2.5, 2.5] },
    { inputs: [[4, 5]], range: [-5, 5], attributes: { alpha: 1 / 6, beta: 0.5 }, kinks: [-3, 3] },
  ],
});
