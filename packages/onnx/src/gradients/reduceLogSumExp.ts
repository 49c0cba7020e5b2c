import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceLogSumExp = defineGradient({
  op: "ReduceLogSumExp",
  // y = log Σ exp(x); dx = dy · exp(x − y).
  gradient: ([dy], context, g) => {
    const { keep } = reductionOf(context, g);
    return [g.mul(keep(dy!), g.exp(g.sub(context.inputs[0]!, keep(context.outputs[0]!))))];
  },
  samples: reductionSamples(),
});
