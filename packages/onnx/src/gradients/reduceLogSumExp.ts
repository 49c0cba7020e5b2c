import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceLogSumExp = defineGradient({
  op: "ReduceLogSumExp",
  // y = log Σ exp(x); dx = dy · exp(x − y), and 0 where all x and so y are −∞.
  gradient: ([dy], context, g) => {
    const { keepAxes } = reductionOf(context, g);
    const y = context.outputs[0];
    const finite = g.max(y, y.dtype === "float16" ? -65504 : -3e38);
    return [g.mul(keepAxes(dy), g.exp(g.sub(context.inputs[0], keepAxes(finite))))];
  },
  samples: reductionSamples(),
});
