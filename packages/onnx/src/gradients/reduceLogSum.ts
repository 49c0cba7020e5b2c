import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceLogSum = defineGradient({
  op: "ReduceLogSum",
  // y = log Σx; dx = dy / exp(y).
  gradient: ([dy], context, g) => {
    return [reductionOf(context, g).expand(g.div(dy, g.exp(context.outputs[0])))];
  },
  samples: reductionSamples({ range: [0.5, 2] }),
});
