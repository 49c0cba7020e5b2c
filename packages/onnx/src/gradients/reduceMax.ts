import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceMax = defineGradient({
  op: "ReduceMax",
  // dx goes to the greatest elements, in equal parts where there are several (as in TensorFlow).
  gradient: ([dy], context, g) => {
    const { keepAxes, sum } = reductionOf(context, g);
    const isMax = g.cast(g.equal(context.inputs[0], keepAxes(context.outputs[0])), dy.dtype);
    return [g.mul(isMax, g.div(keepAxes(dy), sum(isMax)))];
  },
  samples: reductionSamples(),
});
