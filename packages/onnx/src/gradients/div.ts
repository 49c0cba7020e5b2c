import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const div = defineGradient({
  op: "Div",
  inputs: 2,
  // da = dy / b, db = −dy · y / b.
  gradient: ([dy], { inputs: [a, b], outputs: [y], wants }, g) => {
    const da = g.div(dy, b);
    return [
      wants(0) ? sumTo(g, da, a) : undefined,
      wants(1) ? g.neg(sumTo(g, g.mul(da, y), b)) : undefined,
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
    {
      inputs: [
        [3, 1],
        [2, 1, 4],
      ],
      range: [0.5, 2],
    },
    { inputs: [[], [2, 3]], range: [0.5, 2] },
    { inputs: [[2, 3], []], range: [0.5, 2] },
    {
      inputs: [
        [0, 3],
        [1, 3],
      ],
      range: [0.5, 2],
    },
  ],
});
