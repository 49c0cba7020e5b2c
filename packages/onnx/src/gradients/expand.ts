import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const expand = defineGradient({
  op: "Expand",
  inputs: 2,
  gradient: ([dy], { inputs: [x] }, g) => [sumTo(g, dy, x)],
  samples: [
    { inputs: [[3, 1], tensor("int64", [3], [2, 3, 4])] },
    { inputs: [[3, 1], tensor("int64", [2], [1, 4])] },
    { inputs: [[], tensor("int64", [2], [2, 3])] },
  ],
});
