import { sizeOf } from "@cajal/core";
import { defineGradient } from "./gradient";
import { isStatic } from "../model/dims";

export const globalAveragePool = defineGradient({
  op: "GlobalAveragePool",
  // Every position gets dy / (number of positions).
  gradient: ([dy], { inputs: [x] }, g) => {
    const extents = x.shape?.slice(2);
    if (isStatic(extents)) return [g.expand(g.mul(dy, 1 / sizeOf(extents)), g.shape(x))];
    const area = g.reduceProd(g.shape(x, { start: 2 }), { keepdims: false });
    return [g.expand(g.div(dy, g.cast(area, dy.dtype)), g.shape(x))];
  },
  samples: [
    { inputs: [[2, 3, 4, 5]], float32: true },
    { inputs: [[2, 3, 4]], float32: true },
  ],
});
