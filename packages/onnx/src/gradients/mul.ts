import { defineGradient } from "./gradient";
import { broadcastSamples } from "./shared/broadcastSamples";
import { sumTo } from "./shared/sumTo";

export const mul = defineGradient({
  op: "Mul",
  inputs: 2,
  // da = dy · b, db = dy · a, each summed over what was broadcast.
  gradient: ([dy], { inputs: [a, b], wants }, g) => [
    wants(0) ? sumTo(g, g.mul(dy, b), a) : undefined,
    wants(1) ? sumTo(g, g.mul(dy, a), b) : undefined,
  ],
  samples: broadcastSamples,
});
