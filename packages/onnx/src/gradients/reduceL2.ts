import { defineGradient } from "./gradient";
import { nonZero } from "./shared/nonZero";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceL2 = defineGradient({
  op: "ReduceL2",
  // y = √Σx²; dx = dy · x / y, and 0 at the zero vector, as in PyTorch.
  gradient: ([dy], context, g) => {
    const { keepAxes } = reductionOf(context, g);
    const y = context.outputs[0];
    return [g.mul(context.inputs[0], keepAxes(g.div(dy, nonZero(g, y))))];
  },
  samples: reductionSamples(),
});
