import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const add = defineGradient({
  op: "Add",
  inputs: 2,
  gradient: ([dy], { inputs: [a, b], wants }, g) => [
    wants(0) ? sumTo(g, dy, a) : undefined,
    wants(1) ? sumTo(g, dy, b) : undefined,
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
