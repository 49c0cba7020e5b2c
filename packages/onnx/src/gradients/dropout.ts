import { defineGradient } from "./gradient";

export const dropout = defineGradient({
  op: "Dropout",
  outputs: 0,
  // In training mode y = x · mask / (1 − ratio), so dx = dy · mask / (1 − ratio); in inference y = x.
  gradient: ([dy], context, g) => {
    const training = context.inputs[2];
    if (!training || context.constant(2)?.data[0] === 0) return [dy];
    const ratio = context.inputs[1]
      ? g.cast(context.inputs[1], dy!.dtype)
      : g.scalar(dy!.dtype, 0.5);
    const mask = g.cast(context.output(1), dy!.dtype);
    // A flag fed at run time may say no; then the mask keeps all.
    const keepRate = context.constant(2) ? g.sub(1, ratio) : g.where(training, g.sub(1, ratio), 1);
    return [g.mul(dy!, g.div(mask, keepRate))];
  },
  // Training mode draws a new mask at every run: see dropout.test.ts.
  samples: [{ inputs: [[4, 5]] }],
});
