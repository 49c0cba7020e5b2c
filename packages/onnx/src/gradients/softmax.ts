import { defineGradient } from "./gradient";

export const softmax = defineGradient({
  op: "Softmax",
  // dx = y (dy − Σ dy · y), the sum along the axis.
  gradient: ([dy], { outputs: [y], int }, g) => {
    const yDy = g.mul(dy!, y!);
    const sum = g.reduceSum(yDy, { axes: [int("axis", -1)], keepdims: true });
    return [g.sub(yDy, g.mul(y!, sum))];
  },
  samples: [
    { inputs: [[2, 3]] },
    { inputs: [[2, 3, 4]], attributes: { axis: 1 } },
    { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
    { inputs: [[5]] },
  ],
});
