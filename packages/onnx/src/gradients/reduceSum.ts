import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceSum = defineGradient({
  op: "ReduceSum",
  // dx = dy, broadcast to x.
  gradient: ([dy], context, g) => {
    return [reductionOf(context, g).expand(dy)];
  },
  samples: reductionSamples(),
});
