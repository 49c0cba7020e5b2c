import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

export const castLike = defineGradient({
  op: "CastLike",
  inputs: 2,
  // dx = dy in the type of x; of what says the type, only the type counts.
  ignores: [1],
  gradient: ([dy], { inputs: [x] }, g) => [g.cast(dy, x.dtype)],
  samples: [
    { inputs: [[2, 3], tensor("float64", [1], [0])] },
    { inputs: [[], tensor("float64", [2, 2], [0, 0, 0, 0])] },
    { inputs: [[2], [3]] },
  ],
});
