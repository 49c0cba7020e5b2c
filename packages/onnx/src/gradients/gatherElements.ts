import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";

export const gatherElements = defineGradient({
  op: "GatherElements",
  inputs: 2,
  gradient: ([dy], { inputs: [x, indices], int }, g) => [
    g.op("ScatterElements", [g.expand(g.scalar(dy.dtype, 0), g.shape(x)), indices, dy], {
      axis: int("axis", 0),
      reduction: "add",
    }),
  ],
  samples: [
    { inputs: [[3, 3], tensor("int64", [2, 3], [1, 2, 0, 1, 0, 0])] },
    { inputs: [[3, 3], tensor("int64", [3, 2], [1, 2, 0, 0, 2, 2])], attributes: { axis: 1 } },
  ],
});
