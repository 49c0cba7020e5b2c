import type { Value } from "../graph/builder";
import type { Convolution } from "../graph/convolution";
import { convolutionOf } from "./shared/convolutionOf";
import { kernelGradient } from "./shared/kernelGradient";
import { defineGradient, type GradientContext } from "./gradient";

export const convTranspose = defineGradient({
  op: "ConvTranspose",
  inputs: 2,
  // The transposed convolution of x is the image's gradient of a convolution from y to x: dx is that
  // convolution of dy, dw its kernel's gradient with image and gradient exchanged.
  gradient: ([dy], context, g) => {
    const [x, w, b] = context.inputs;
    const convolution = backwards(context, dy, w, x);
    const { strides, dilations, pads, group, output } = convolution;
    const dx = () => {
      const untrimmed = g.conv(dy, w, undefined, { strides, dilations, pads, group });
      // Where output_shape asks for more than the windows reach.
      const axes = output.map((_, i) => i + 2);
      return untrimmed.shape!.slice(2).every((extent, i) => extent === output[i])
        ? untrimmed
        : g.slice(untrimmed, { starts: output.map(() => 0), ends: output, axes });
    };
    return [
      context.wants(0) ? dx() : undefined,
      context.wants(1) ? kernelGradient(g, dy, x, convolution, context) : undefined,
      b && context.wants(2) ? context.channelSums(dy) : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 3, 4, 5], [3, 4, 3, 3], [4]] },
    {
      inputs: [
        [2, 3, 4, 5],
        [3, 4, 3, 3],
      ],
      attributes: { strides: [2, 2], pads: [1, 0, 1, 1] },
    },
    {
      inputs: [
        [2, 3, 4, 5],
        [3, 4, 3, 3],
      ],
      attributes: { strides: [2, 3], pads: [1, 1, 1, 1], output_padding: [1, 0] },
    },
    { inputs: [[1, 4, 4, 5], [4, 3, 2, 2], [6]], attributes: { group: 2, strides: [2, 2] } },
    {
      inputs: [
        [1, 2, 4, 5],
        [2, 3, 3, 3],
      ],
      attributes: { dilations: [2, 1] },
    },
    {
      inputs: [
        [2, 3, 5],
        [3, 2, 3],
      ],
      attributes: { strides: [2] },
    },
    ...[
      { strides: [3, 2], output_shape: [10, 8] },
      { strides: [3, 2], output_shape: [8, 6], auto_pad: "SAME_UPPER" },
      { strides: [2, 2], output_shape: [6, 5], auto_pad: "SAME_LOWER" },
      { strides: [2, 2], auto_pad: "SAME_UPPER" },
      { strides: [2, 3], auto_pad: "SAME_LOWER" },
    ].map((attributes) => ({
      inputs: [
        [1, 2, 3, 3],
        [2, 2, 3, 3],
      ] as const,
      attributes,
    })),
  ].map((sample) => ({ ...sample, float32: true as const })),
});

/** The convolution from y to x, with the pads that output_shape and auto_pad come to. */
function backwards(context: GradientContext, y: Value, w: Value, x: Value): Convolution {
  const convolution = convolutionOf(context, y, w, x);
  const { input, output, kernel, strides, dilations } = convolution;
  const autoPad = context.string("auto_pad", "NOTSET");
  if (!context.ints("output_shape") && !autoPad.startsWith("SAME")) return convolution;
  const extra = context.ints("output_padding") ?? kernel.map(() => 0);
  const sides = input.map((extent, i) => {
    const reach = (kernel[i]! - 1) * dilations[i]! + 1;
    const total = Math.max(0, (output[i]! - 1) * strides[i]! + extra[i]! + reach - extent);
    const half = Math.floor(total / 2);
    return autoPad === "SAME_UPPER" ? [half, total - half] : [total - half, half];
  });
  return {
    ...convolution,
    pads: [...sides.map(([begin]) => begin!), ...sides.map(([, end]) => end!)],
  };
}
