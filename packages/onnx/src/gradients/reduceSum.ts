import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceSum = defineGradient({
  op: "ReduceSum",
  // dx = dy, broadcast to x. Where the axes are kept it does not matter which they are.
  gradient: ([dy], context, g) => {
    const [x] = context.inputs;
    const areKept = context.int("keepdims", 1) === 1;
    return [areKept ? g.expand(dy, g.shape(x)) : reductionOf(context, g).expand(dy)];
  },
  samples: reductionSamples(),
});
