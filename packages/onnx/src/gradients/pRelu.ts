import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const pRelu = defineGradient({
  op: "PRelu",
  inputs: 2,
  // y = x where x > 0, slope · x elsewhere; the slope is broadcast to x.
  gradient: ([dy], { inputs: [x, slope], wants }, g) => {
    const positive = g.greater(x, 0);
    return [
      wants(0) ? g.where(positive, dy, g.mul(dy, slope)) : undefined,
      wants(1) ? sumTo(g, g.where(positive, 0, g.mul(dy, x)), slope) : undefined,
    ];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
      kinks: [0],
    },
    {
      inputs: [
        [2, 3, 4, 4],
        [3, 1, 1],
      ],
      kinks: [0],
    },
    { inputs: [[2, 3], [1]], kinks: [0] },
  ],
});
