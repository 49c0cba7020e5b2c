import { defineGradient } from "./gradient";
import { reductionOf, reductionSamples } from "./shared/reduction";

export const reduceProd = defineGradient({
  op: "ReduceProd",
  // dx = dy · the product of all others: the product of what is not 0, divided by x unless that is 0, and 0
  // where another one is 0.
  gradient: ([dy], context, g) => {
    const { axes, keepAxes } = reductionOf(context, g);
    const x = context.inputs[0];
    if (axes.length === 0) return [dy];
    const isZero = g.equal(x, 0);
    const zero = g.cast(isZero, x.dtype);
    const nonZeroX = g.where(isZero, 1, x);
    const zeros = g.reduceSum(zero, { axes, keepdims: true });
    const product = g.reduceProd(nonZeroX, { axes, keepdims: true });
    const noOtherIsZero = g.cast(g.equal(zeros, zero), x.dtype);
    return [g.mul(g.div(g.mul(keepAxes(dy), product), nonZeroX), noOtherIsZero)];
  },
  samples: reductionSamples({ range: [0.5, 2] }),
});
