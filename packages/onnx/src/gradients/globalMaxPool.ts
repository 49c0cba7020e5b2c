import { defineGradient } from "./gradient";
import { rankOf } from "./shared/sumTo";

export const globalMaxPool = defineGradient({
  op: "GlobalMaxPool",
  // dy goes to the greatest position, in equal parts where there are several (as in TensorFlow).
  gradient: ([dy], { inputs: [x], outputs: [y] }, g) => {
    const axes = Array.from({ length: rankOf(x) }, (_, i) => i).slice(2);
    const isMax = g.cast(g.equal(x, y), dy.dtype);
    return [g.mul(isMax, g.div(dy, g.reduceSum(isMax, { axes, keepdims: true })))];
  },
  samples: [
    { inputs: [[2, 3, 4, 5]], float32: true },
    { inputs: [[2, 3, 4]], float32: true },
  ],
});
