import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const mul = defineGradient({
  op: "Mul",
  inputs: 2,
  // da = dy · b, db = dy · a, each summed over what was broadcast.
  gradient: ([dy], { inputs: [a, b], wants }, g) => [
    wants(0) ? sumTo(g, g.mul(dy, b), a) : undefined,
    wants(1) ? sumTo(g, g.mul(dy, a), b) : undefined,
  ],
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
    },
    {
      inputs: [
        [2, 3, 4],
        [3, 1],
      ],
    },
    {
      inputs: [
        [3, 1],
        [2, 1, 4],
      ],
    },
    { inputs: [[], [2, 3]] },
    { inputs: [[2, 3], []] },
    {
      inputs: [
        [0, 3],
        [1, 3],
      ],
    },
  ],
});
