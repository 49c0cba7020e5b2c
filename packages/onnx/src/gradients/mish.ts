import { defineGradient } from "./gradient";

export const mish = defineGradient({
  op: "Mish",
  // y = x · t, t = tanh(softplus(x)); dx = dy (t + x · sigmoid(x) (1 − t²)).
  gradient: ([dy], { inputs: [x] }, g) => {
    const t = g.tanh(g.softplus(x));
    const slope = g.add(t, g.mul(g.mul(x, g.sigmoid(x)), g.sub(1, g.mul(t, t))));
    return [g.mul(dy, slope)];
  },
  samples: [
    { inputs: [[2, 3]], float32: true },
    { inputs: [[]], float32: true },
    { inputs: [[0, 4]], float32: true },
  ],
});
