import { defineGradient } from "./gradient";

export const gelu = defineGradient({
  op: "Gelu",
  domain: "com.microsoft",
  // y = x Φ(x); dx = dy (Φ(x) + x φ(x)), Φ and φ the normal distribution and its density
  // (Hendrycks & Gimpel 2016, arXiv:1606.08415).
  gradient: ([dy], { inputs: [x] }, g) => {
    const Phi = g.mul(g.add(g.erf(g.mul(x!, Math.SQRT1_2)), 1), 0.5);
    const phi = g.mul(g.exp(g.mul(g.mul(x!, x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [g.mul(dy!, g.add(Phi, g.mul(x!, phi)))];
  },
  samples: [
    { inputs: [[4, 5]], range: [-3, 3], float32: true },
    { inputs: [[]], float32: true },
  ],
});
