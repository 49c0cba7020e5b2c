import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const sum = defineGradient({
  op: "Sum",
  // Each operand gets dy, summed over what was broadcast.
  gradient: ([dy], { inputs, wants }, g) =>
    inputs.map((x, i) => (wants(i) ? sumTo(g, dy, x!) : undefined)),
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
    },
    { inputs: [[2, 3, 4], [3, 1], []] },
    { inputs: [[2, 3]] },
  ],
});
