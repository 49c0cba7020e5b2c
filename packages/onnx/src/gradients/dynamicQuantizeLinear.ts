import { defineGradient } from "./gradient";
import { throughExpansion } from "./shared/throughExpansion";

export const dynamicQuantizeLinear = defineGradient({
  op: "DynamicQuantizeLinear",
  outputs: 0,
  // scale = (max(0, x) − min(0, x)) / 255; the whole numbers beside it move in steps.
  gradient: throughExpansion(({ inputs: [x] }, g) => {
    const max = g.max(g.reduceMax(x!, { keepdims: false }), 0);
    const low = g.min(g.reduceMin(x!, { keepdims: false }), 0);
    return [undefined, g.mul(g.sub(max, low), 1 / 255)];
  }),
  samples: [
    { inputs: [[2, 3]], outputs: 3, range: [-200, 300], float32: true },
    { inputs: [[4]], outputs: 3, range: [100, 300], float32: true },
  ],
});
