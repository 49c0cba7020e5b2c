import { convolutionOf, imageGradient, kernelGradient } from "../convolutionGradient";
import { defineGradient } from "../gradient";

export const conv = defineGradient({
  op: "Conv",
  // dx: dy convolved backwards; dw: x convolved with dy; db: dy summed over all positions.
  gradient: ([dy], context, g) => {
    const [x, w, b] = context.inputs;
    const convolution = convolutionOf(context, x!, w!, dy!);
    return [
      context.wants(0) ? imageGradient(g, dy!, w!, convolution, context.block) : undefined,
      context.wants(1) ? kernelGradient(g, x!, dy!, convolution, context.block) : undefined,
      b && context.wants(2) ? context.channelSums(dy!) : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 3, 6, 5], [4, 3, 3, 3], [4]] },
    {
      inputs: [
        [2, 3, 6, 5],
        [4, 3, 1, 1],
      ],
    },
    {
      inputs: [
        [2, 8, 7, 6],
        [4, 8, 3, 2],
      ],
      attributes: { pads: [1, 0, 1, 1], strides: [2, 1] },
    },
    {
      inputs: [
        [2, 8, 7, 7],
        [4, 8, 3, 3],
      ],
      attributes: { pads: [0, 0, 1, 1], strides: [2, 2] },
    },
    {
      inputs: [
        [1, 2, 9, 9],
        [3, 2, 3, 3],
      ],
      attributes: { dilations: [2, 3], pads: [1, 2, 3, 1] },
    },
    { inputs: [[2, 4, 6, 6], [6, 2, 3, 3], [6]], attributes: { group: 2, pads: [1, 1, 1, 1] } },
    {
      inputs: [
        [2, 4, 6, 6],
        [4, 1, 3, 3],
      ],
      attributes: { group: 4, pads: [1, 1, 1, 1] },
    },
    {
      inputs: [
        [2, 4, 7, 6],
        [8, 1, 3, 3],
      ],
      attributes: { group: 4, strides: [2, 2], pads: [0, 0, 1, 1] },
    },
    {
      inputs: [
        [2, 6, 6, 5],
        [4, 6, 1, 1],
      ],
      attributes: { strides: [2, 2] },
    },
    {
      inputs: [
        [2, 3, 7, 6],
        [4, 3, 3, 4],
      ],
      attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
    },
    {
      inputs: [
        [2, 3, 7, 6],
        [4, 3, 3, 4],
      ],
      attributes: { auto_pad: "SAME_LOWER" },
    },
    {
      inputs: [
        [2, 64, 4, 4],
        [64, 64, 3, 3],
      ],
      attributes: { pads: [1, 1, 1, 1] },
    },
    {
      inputs: [
        [2, 3, 8],
        [4, 3, 3],
      ],
      attributes: { strides: [2], pads: [1, 0] },
    },
    {
      inputs: [
        [1, 2, 4, 5, 3],
        [3, 2, 2, 2, 2],
      ],
      attributes: { pads: [0, 1, 0, 1, 0, 1] },
    },
  ].map((sample) => ({ ...sample, float32: true as const })),
});
