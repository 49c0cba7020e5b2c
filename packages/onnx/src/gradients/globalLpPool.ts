import { defineGradient } from "./gradient";
import { nonZero } from "./shared/nonZero";

export const globalLpPool = defineGradient({
  op: "GlobalLpPool",
  // y = (Σ |x|ᵖ)^(1/p); dx = dy · sign x · (|x| / y)^(p−1), and 0 where all x are 0.
  gradient: ([dy], { inputs: [x], outputs: [y], int }, g) => {
    const p = int("p", 2);
    const norm = nonZero(g, y);
    const slope = p === 2 ? g.div(x, norm) : g.mul(g.sign(x), g.pow(g.div(g.abs(x), norm), p - 1));
    return [g.mul(dy, slope)];
  },
  samples: [
    { inputs: [[2, 3, 4, 3]], float32: true, kinks: [0] },
    { inputs: [[2, 2, 5]], attributes: { p: 3 }, float32: true, kinks: [0] },
    { inputs: [[1, 2, 4]], attributes: { p: 1 }, float32: true, kinks: [0] },
  ],
});
