import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceL1 = defineGradient({
  op: "ReduceL1",
  // y = Σ|x|; dx = dy · sign(x).
  gradient: ([dy], context, g) => {
    return [g.mul(g.sign(context.inputs[0]), reductionOf(context, g).keepAxes(dy))];
  },
  samples: reductionSamples({ range: [0.5, 2] }),
});
