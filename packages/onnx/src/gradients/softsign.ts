import { defineGradient } from "./gradient";

export const softsign = defineGradient({
  op: "Softsign",
  // y = x / (1 + |x|); dx = dy / (1 + |x|)².
  gradient: ([dy], { inputs: [x] }, g) => {
    const root = g.add(g.abs(x), 1);
    return [g.div(g.div(dy, root), root)];
  },
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[]], kinks: [0] },
    { inputs: [[0, 4]], kinks: [0] },
  ],
});
