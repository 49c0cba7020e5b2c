import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceProd = defineGradient({
  op: "ReduceProd",
  // dx = dy · y / x, which asks for x ≠ 0.
  gradient: ([dy], context, g) => {
    const { keep } = reductionOf(context, g);
    return [g.div(keep(g.mul(dy!, context.outputs[0]!)), context.inputs[0]!)];
  },
  samples: reductionSamples({ range: [0.5, 2] }),
});
