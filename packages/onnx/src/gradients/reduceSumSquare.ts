import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceSumSquare = defineGradient({
  op: "ReduceSumSquare",
  // y = Σx²; dx = 2 x dy.
  gradient: ([dy], context, g) => {
    return [g.mul(context.inputs[0], reductionOf(context, g).keepAxes(g.mul(dy, 2)))];
  },
  samples: reductionSamples(),
});
