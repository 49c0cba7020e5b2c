import { defineGradient } from "./gradient";

export const transpose = defineGradient({
  op: "Transpose",
  // The inverse permutation; without one the axes are reversed, which is its own inverse.
  gradient: ([dy], { ints }, g) => {
    const perm = ints("perm");
    if (!perm) return [g.op("Transpose", [dy])];
    const inverse = perm.map((_, i) => perm.indexOf(i));
    return [g.transpose(dy, inverse)];
  },
  samples: [
    { inputs: [[2, 3, 4]], attributes: { perm: [2, 0, 1] } },
    { inputs: [[2, 3, 4]] },
    { inputs: [[2, 3, 4, 5]], attributes: { perm: [0, 3, 1, 2] } },
  ],
});
