import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceL2 = defineGradient({
  op: "ReduceL2",
  // y = √Σx²; dx = dy · x / y.
  gradient: ([dy], context, g) => {
    const { keep } = reductionOf(context, g);
    return [g.mul(context.inputs[0]!, keep(g.div(dy!, context.outputs[0]!)))];
  },
  samples: reductionSamples(),
});
