import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const mean = defineGradient({
  op: "Mean",
  // Each of n operands gets dy / n, summed over what was broadcast.
  gradient: ([dy], { inputs, wants }, g) =>
    inputs.map((x, i) => (wants(i) ? sumTo(g, g.div(dy, inputs.length), x!) : undefined)),
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
      float32: true,
    },
    { inputs: [[2, 3, 4], [3, 1], []], float32: true },
    { inputs: [[2, 3]], float32: true },
  ],
});
