import type { Value } from "../graph/builder";
import { defineGradient, type GradientContext } from "./gradient";

export const softmax = defineGradient({
  op: "Softmax",
  // dx = y (dy − Σ dy · y), the sum along the axis.
  gradient: ([dy], context, g) => {
    const result = context.outputs[0];
    // Of nothing but −∞, a row of attention that is masked altogether, y is NaN. What leaves such rows out
    // gives them dy = 0, and 0 is their gradient.
    const y = isMasked(result, context) ? g.where(g.isNaN(result), 0, result) : result;
    const yDy = g.mul(dy, y);
    const sum = g.reduceSum(yDy, { axes: [context.int("axis", -1)], keepdims: true });
    return [g.sub(yDy, g.mul(y, sum))];
  },
  samples: [
    { inputs: [[2, 3]] },
    { inputs: [[2, 3, 4]], attributes: { axis: 1 } },
    { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
    { inputs: [[5]] },
  ],
});

/** Whether what uses a value, or a copy of it in another type or shape, may leave elements out. */
function isMasked(value: Value, { consumers, masks }: GradientContext): boolean {
  return consumers(value.name).some(
    (node) =>
      masks(node) ||
      (node.inputs.length === 1 &&
        node.outputs.some((copy) => consumers(copy).some((next) => masks(next)))),
  );
}
