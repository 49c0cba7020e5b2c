import { defineGradient } from "./gradient";
import { broadcastSamples } from "./shared/broadcastSamples";
import { sumTo } from "./shared/sumTo";

export const add = defineGradient({
  op: "Add",
  inputs: 2,
  gradient: ([dy], { inputs: [a, b], wants }, g) => [
    wants(0) ? sumTo(g, dy, a) : undefined,
    wants(1) ? sumTo(g, dy, b) : undefined,
  ],
  samples: broadcastSamples,
});
