import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient } from "./gradient";

export const leakyRelu = defineGradient({
  op: "LeakyRelu",
  // dx = dy where x > 0, alpha · dy elsewhere (at 0 too, as in TensorFlow). With alpha ≥ 0 y has the sign of x, which then
  // need not be kept.
  gradient: ([dy], { inputs: [x], outputs: [y], float }, g) => {
    const alpha = float("alpha", 0.01);
    const signed = alpha >= 0 ? y : x;
    return [
      x.dtype === "float32" && alpha >= 0 && alpha <= 1
        ? g.mul(dy, slope(g, signed, alpha))
        : g.where(g.greater(signed, 0), dy, g.mul(dy, alpha)),
    ];
  },
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[4, 5]], attributes: { alpha: 0.3 }, kinks: [0] },
    { inputs: [[4, 5]], attributes: { alpha: 0.3 }, kinks: [0], float32: true },
    { inputs: [[4, 5]], attributes: { alpha: 1.5 }, kinks: [0], float32: true },
    { inputs: [[]], kinks: [0] },
  ],
});

/** 1 where x > 0, else alpha: a step, as in relu.ts, cut off below. Choosing between two values takes 1.6 times as long. */
const slope = (g: GraphBuilder, x: Value, alpha: number) =>
  g.clip(g.hardSigmoid(x, { alpha: 3e38, beta: 0 }), { min: alpha, max: 1 });
