import { defineGradient } from "./gradient";

export const hardSwish = defineGradient({
  op: "HardSwish",
  // y = x · max(0, min(1, x/6 + 1/2)); slope 0 below −3, 1 above 3, x/3 + 1/2 between.
  gradient: ([dy], { inputs: [x] }, g) => [
    g.mul(
      dy,
      g.where(
        g.greaterOrEqual(x, 3),
        1,
        g.where(g.lessOrEqual(x, -3), g.scalar(x.dtype, 0), g.add(g.div(x, 3), 0.5)),
      ),
    ),
  ],
  samples: [
    { inputs: [[4, 5]], range: [-5, 5], kinks: [-3, 3] },
    { inputs: [[]], kinks: [-3, 3] },
    { inputs: [[0, 4]] },
  ],
});
