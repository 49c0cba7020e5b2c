import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const pow = defineGradient({
  op: "Pow",
  inputs: 2,
  // da = dy · b · a^(b−1), and 0 where b = 0 (also at a = 0, where a^−1 is not finite); db = dy · y · log a where
  // a > 0, and 0 where a ≤ 0: there the power exists for whole exponents only.
  gradient: ([dy], { inputs: [a, power], outputs: [y], wants }, g) => {
    // The exponent may be of another type, an integer too.
    const b = power.dtype === a.dtype ? power : g.cast(power, a.dtype);
    const gradientOfBase = () => {
      const lowerExponent = g.where(g.equal(b, 0), g.scalar(b.dtype, 0), g.sub(b, 1));
      return sumTo(g, g.mul(dy, g.mul(b, g.pow(a, lowerExponent))), a);
    };
    const gradientOfExponent = () => {
      const positive = g.greater(a, 0);
      const log = g.log(g.where(positive, a, 1));
      const db = sumTo(g, g.mul(dy, g.mul(y, log)), power);
      return db.dtype === power.dtype ? db : g.cast(db, power.dtype);
    };
    return [wants(0) ? gradientOfBase() : undefined, wants(1) ? gradientOfExponent() : undefined];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
      range: [0.5, 2],
    },
    {
      inputs: [
        [2, 3, 4],
        [3, 1],
      ],
      range: [0.5, 2],
    },
    { inputs: [[], [2, 3]], range: [0.5, 2] },
    { inputs: [[2, 3], []], range: [0.5, 2] },
    { inputs: [[4, 5], tensor("float64", [], [3])] },
  ],
});
