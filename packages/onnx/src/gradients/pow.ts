import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const pow = defineGradient({
  op: "Pow",
  // da = dy · b · a^(b−1), db = dy · y · log a where a > 0, and 0 where a ≤ 0: there the power
  // exists for whole exponents only.
  gradient: ([dy], { inputs: [a, b], outputs: [y], wants }, g) => {
    const gradientOfExponent = () => {
      const positive = g.greater(a!, 0);
      const log = g.log(g.where(positive, a!, 1));
      return sumTo(g, g.mul(dy!, g.mul(y!, log)), b!);
    };
    return [
      wants(0) ? sumTo(g, g.mul(dy!, g.mul(b!, g.pow(a!, g.sub(b!, 1)))), a!) : undefined,
      wants(1) ? gradientOfExponent() : undefined,
    ];
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
