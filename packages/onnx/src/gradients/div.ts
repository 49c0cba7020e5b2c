import { defineGradient } from "./gradient";
import { broadcastSamples } from "./shared/broadcastSamples";
import { sumTo } from "./shared/sumTo";

export const div = defineGradient({
  op: "Div",
  inputs: 2,
  // da = dy / b, db = −dy · y / b.
  gradient: ([dy], { inputs: [a, b], outputs: [y], wants }, g) => {
    const da = g.div(dy, b);
    return [
      wants(0) ? sumTo(g, da, a) : undefined,
      wants(1) ? g.neg(sumTo(g, g.mul(da, y), b)) : undefined,
    ];
  },
  samples: broadcastSamples.map((sample) => ({ ...sample, range: [0.5, 2] })),
});
