import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceMax = defineGradient({
  op: "ReduceMax",
  // dx goes to the greatest elements, in equal parts where there are several (as in TensorFlow).
  gradient: ([dy], context, g) => {
    const { axes, keep } = reductionOf(context, g);
    const hits = g.cast(g.equal(context.inputs[0], keep(context.outputs[0])), dy.dtype);
    return [g.mul(hits, g.div(keep(dy), g.reduceSum(hits, { axes, keepdims: true })))];
  },
  samples: reductionSamples(),
});
