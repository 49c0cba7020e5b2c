import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const mod = defineGradient({
  op: "Mod",
  inputs: 2,
  // y = a − b q, q a whole number: da = dy, db = −q dy.
  gradient: ([dy], { inputs: [a, b], outputs: [y], wants }, g) => [
    wants(0) ? sumTo(g, dy, a) : undefined,
    wants(1) ? sumTo(g, g.neg(g.mul(dy, g.round(g.div(g.sub(a, y), b)))), b) : undefined,
  ],
  samples: [
    { inputs: [[2, 3], [3]], range: [0.3, 1], attributes: { fmod: 1 } },
    { inputs: [[2, 1], [2, 1, 3]], range: [-2.2, -0.4], attributes: { fmod: 1 } }, // prettier-ignore
    { inputs: [[], []], range: [0.3, 1], attributes: { fmod: 1 } },
  ],
});
