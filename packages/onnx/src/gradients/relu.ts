import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient } from "./gradient";

export const relu = defineGradient({
  op: "Relu",
  // dx = dy where y > 0. Uses y, so x need not be kept. Slope 0 at 0, as in TensorFlow.
  gradient: ([dy], { outputs: [y] }, g) => [g.mul(dy, positive(g, y))],
  samples: [
    { inputs: [[2, 3]], kinks: [0] },
    { inputs: [[]], kinks: [0] },
    { inputs: [[0, 4]], kinks: [0] },
  ],
});

/**
 * 1 where y > 0, else 0, for y ≥ 0. In float32 by a hard sigmoid so steep that the least normal number
 * has passed it: one pass over the data, where a comparison and a cast are two.
 */
export function positive(g: GraphBuilder, y: Value): Value {
  if (y.dtype !== "float32") return g.cast(g.greater(y, 0), y.dtype);
  return g.hardSigmoid(y, { alpha: 3e38, beta: 0 });
}
