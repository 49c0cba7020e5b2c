import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

const axis = (value: number) => tensor("int64", [], [value]);

export const cumSum = defineGradient({
  op: "CumSum",
  inputs: 2,
  // Each element counts in all later sums: the cumulative sum of dy from the other end.
  gradient: ([dy], { inputs, int }, g) => [
    g.op("CumSum", [dy, inputs[1]], {
      exclusive: int("exclusive", 0),
      reverse: 1 - int("reverse", 0),
    }),
  ],
  samples: [
    { inputs: [[3, 3], axis(0)] },
    { inputs: [[2, 3, 4], axis(1)], attributes: { exclusive: 1 } },
    { inputs: [[2, 3, 4], axis(-1)], attributes: { reverse: 1 } },
  ],
});
