import { defineGradient } from "./gradient";
import { gradientOfExtremum } from "./shared/extremum";

export const max = defineGradient({
  op: "Max",
  gradient: gradientOfExtremum,
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
    { inputs: [[2, 3], [], [3]] },
    { inputs: [[2, 3]] },
  ],
});
