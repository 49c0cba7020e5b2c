import { convolutionOf } from "./shared/convolutionOf";
import { imageGradient } from "./shared/imageGradient";
import { defineGradient } from "./gradient";
import { nonZero } from "./shared/nonZero";
import { staticShape } from "./shared/sumTo";

export const lpPool = defineGradient({
  op: "LpPool",
  // y = (Σ |x|ᵖ)^(1/p) over a window; dx = sign x · |x|^(p−1) · Σ dy / y^(p−1) over the windows that x lies in.
  gradient: ([dy], context, g) => {
    const [x] = context.inputs;
    const [y] = context.outputs;
    const p = context.int("p", 2);
    const channels = staticShape(x, "of LpPool", 2)[1];
    const kernel = context.ints("kernel_shape")!;
    const shape = [channels, 1, ...kernel];
    const pool = convolutionOf(context, x, { name: "kernel", dtype: x.dtype, shape }, dy);
    const ones = g.expand(g.scalar(x.dtype, 1), shape);
    const dividedDy = p === 1 ? dy : g.div(dy, g.pow(nonZero(g, y), p - 1));
    const windowSums = imageGradient(g, dividedDy, ones, {
      ...pool,
      group: channels,
      maps: channels,
    });
    const slope = p === 2 ? x : g.mul(g.sign(x), g.pow(g.abs(x), p - 1));
    return [g.mul(windowSums, slope)];
  },
  samples: [
    { inputs: [[2, 3, 6, 4]], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [[1, 2, 7, 5]], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], p: 3 } },
    { inputs: [[1, 2, 6, 6]], attributes: { kernel_shape: [3, 2], auto_pad: "SAME_UPPER", p: 1 } },
    { inputs: [[2, 2, 9]], attributes: { kernel_shape: [3], strides: [2] } },
  ].map((sample) => ({ ...sample, float32: true as const, kinks: [0] })),
});
