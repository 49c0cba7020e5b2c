import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { reshapeLike } from "./shared/sumTo";

export const unsqueeze = defineGradient({
  op: "Unsqueeze",
  gradient: ([dy], { inputs: [x] }, g) => [reshapeLike(g, dy, x)],
  samples: [
    { inputs: [[2, 3], tensor("int64", [1], [1])] },
    { inputs: [[2, 3], tensor("int64", [2], [0, -1])] },
    { inputs: [[], tensor("int64", [1], [0])] },
  ],
});
