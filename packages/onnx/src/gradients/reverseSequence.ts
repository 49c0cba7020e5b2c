import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

export const reverseSequence = defineGradient({
  op: "ReverseSequence",
  inputs: 2,
  // ReverseSequence is its own inverse.
  gradient: ([dy], { inputs: [, lengths], int }, g) => [
    g.op("ReverseSequence", [dy, lengths], {
      time_axis: int("time_axis", 0),
      batch_axis: int("batch_axis", 1),
    }),
  ],
  samples: [
    { inputs: [[4, 3, 2], tensor("int64", [3], [4, 1, 3])] },
    {
      inputs: [[2, 5], tensor("int64", [2], [3, 5])],
      attributes: { time_axis: 1, batch_axis: 0 },
    },
  ],
});
