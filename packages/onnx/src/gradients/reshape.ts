import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { reshapeLike } from "./shared/sumTo";

export const reshape = defineGradient({
  op: "Reshape",
  gradient: ([dy], { inputs: [x] }, g) => [reshapeLike(g, dy, x)],
  samples: [
    { inputs: [[2, 3, 4], tensor("int64", [2], [6, 4])] },
    { inputs: [[2, 3, 4], tensor("int64", [3], [0, -1, 2])] },
    { inputs: [[1, 1], tensor("int64", [0], [])] },
  ],
});
