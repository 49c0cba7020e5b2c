import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceMean = defineGradient({
  op: "ReduceMean",
  // dx = dy / n, broadcast to x.
  gradient: ([dy], context, g) => {
    const { expand, count } = reductionOf(context, g);
    return [expand(g.div(dy, count()))];
  },
  samples: reductionSamples(),
});
