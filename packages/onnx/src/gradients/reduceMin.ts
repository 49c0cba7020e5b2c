import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceMin = defineGradient({
  op: "ReduceMin",
  // dx goes to the least elements, in equal parts where there are several (as in TensorFlow).
  gradient: ([dy], context, g) => {
    const { keepAxes, sum } = reductionOf(context, g);
    const isMin = g.cast(g.equal(context.inputs[0], keepAxes(context.outputs[0])), dy.dtype);
    return [g.mul(isMin, g.div(keepAxes(dy), sum(isMin)))];
  },
  samples: reductionSamples(),
});
