import { convolutionOf, kernelGradient } from "./shared/convolutionGradient";
import { defineGradient } from "./gradient";

export const convTranspose = defineGradient({
  op: "ConvTranspose",
  // The transposed convolution of x is the image's gradient of a convolution from y to x: dx is that
  // convolution of dy, dw its kernel's gradient with image and gradient exchanged.
  gradient: ([dy], context, g) => {
    const [x, w, b] = context.inputs;
    const convolution = convolutionOf(context, dy!, w!, x!);
    const { strides, dilations, pads, group } = convolution;
    return [
      context.wants(0)
        ? g.conv(dy!, w!, undefined, { strides, dilations, pads, group })
        : undefined,
      context.wants(1) ? kernelGradient(g, dy!, x!, convolution, context.block) : undefined,
      b && context.wants(2) ? context.channelSums(dy!) : undefined,
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
  ].map((sample) => ({ ...sample, float32: true as const })),
});
