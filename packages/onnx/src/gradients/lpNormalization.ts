import { defineGradient } from "./gradient";
import { nonZero } from "./shared/nonZero";

export const lpNormalization = defineGradient({
  op: "LpNormalization",
  // y = x / n with n = ‖x‖ₚ along an axis; dx = (dy − n′ · Σ dy · y) / n, and n′ is sign x for p = 1, y for p = 2.
  // It is 0 at the zero vector, where y is 0 and no derivative exists.
  gradient: ([dy], { inputs: [x], outputs: [y], int }, g) => {
    const axes = [int("axis", -1)];
    const first = int("p", 2) === 1;
    const norm = first ? g.reduceL1(x, { axes }) : g.reduceL2(x, { axes });
    const slope = first ? g.sign(x) : y;
    const along = g.reduceSum(g.mul(dy, y), { axes });
    const isNonZero = g.cast(g.greater(norm, 0), x.dtype);
    return [g.mul(g.div(g.sub(dy, g.mul(slope, along)), nonZero(g, norm)), isNonZero)];
  },
  samples: [
    { inputs: [[2, 5]], kinks: [0] },
    { inputs: [[2, 3, 4]], attributes: { axis: 1, p: 1 }, kinks: [0] },
    { inputs: [[3, 4]], attributes: { axis: 0, p: 2 }, kinks: [0] },
  ],
});
