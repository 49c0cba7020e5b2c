import { tensor } from "@cajal/core";
import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

const condition = tensor("bool", [2, 3], [1, 0, 0, 1, 1, 0]);

export const where = defineGradient({
  op: "Where",
  inputs: 3,
  masks: true,
  gradient: ([dy], { inputs: [condition, a, b], wants }, g) => [
    undefined,
    wants(1) ? sumTo(g, g.where(condition, dy, 0), a) : undefined,
    wants(2) ? sumTo(g, g.where(condition, 0, dy), b) : undefined,
  ],
  samples: [
    { inputs: [condition, [2, 3], [2, 3]] },
    { inputs: [condition, [4, 1, 3], []] },
    { inputs: [condition, [3], [2, 1]] },
  ],
});
