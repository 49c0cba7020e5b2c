import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { reshapeLike } from "./shared/sumTo";

export const squeeze = defineGradient({
  op: "Squeeze",
  gradient: ([dy], { inputs: [x] }, g) => [reshapeLike(g, dy, x)],
  samples: [
    { inputs: [[2, 1, 3, 1], tensor("int64", [1], [1])] },
    { inputs: [[2, 1, 3, 1], tensor("int64", [2], [1, -1])] },
    { inputs: [[2, 1, 3, 1]] },
  ],
});
