import { tensor } from "@cajal/core";
import { scatterAddRows } from "./shared/scatterAddRows";
import { defineGradient } from "./gradient";

export const gatherNd = defineGradient({
  op: "GatherND",
  inputs: 2,
  // dy is added to the slices it was taken from.
  gradient: ([dy], { inputs: [x, indices], int }, g) => [
    scatterAddRows(g, dy, x, indices, int("batch_dims", 0)),
  ],
  samples: [
    { inputs: [[3, 4], tensor("int64", [3, 2], [0, 1, 2, -1, 0, 1])] },
    { inputs: [[3, 2, 4], tensor("int64", [2, 2, 1], [2, 0, -1, 2])] },
    { inputs: [[2, 3, 4], tensor("int64", [2, 1], [1, 0])], attributes: { batch_dims: 1 } },
    {
      inputs: [[2, 2, 3, 2], tensor("int64", [2, 2, 2, 1], [0, 2, 1, 1, -1, 0, 2, 2])],
      attributes: { batch_dims: 2 },
    },
  ],
});
