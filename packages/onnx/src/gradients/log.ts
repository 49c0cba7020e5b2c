import { defineGradient } from "./gradient";

export const log = defineGradient({
  op: "Log",
  // dx = dy / x.
  gradient: ([dy], { inputs: [x] }, g) => [g.div(dy, x)],
  samples: [
    { inputs: [[2, 3]], range: [0.5, 2] },
    { inputs: [[]], range: [0.5, 2] },
    { inputs: [[0, 4]], range: [0.5, 2] },
  ],
});
