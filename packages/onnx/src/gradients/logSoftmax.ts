import { defineGradient } from "./gradient";

export const logSoftmax = defineGradient({
  op: "LogSoftmax",
  // dx = dy − exp(y) Σ dy, the sum along the axis.
  gradient: ([dy], { outputs: [y], int }, g) => {
    const sum = g.reduceSum(dy, { axes: [int("axis", -1)], keepdims: true });
    return [g.sub(dy, g.mul(g.exp(y), sum))];
  },
  samples: [
    { inputs: [[2, 3]] },
    { inputs: [[2, 3, 4]], attributes: { axis: 1 } },
    { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
    { inputs: [[5]] },
  ],
});
