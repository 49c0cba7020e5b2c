import type { Value } from "../graph/builder";
import type { Convolution } from "../graph/convolution";
import { convolutionOf } from "./shared/convolutionOf";
import { imageGradient } from "./shared/imageGradient";
import { kernelGradient } from "./shared/kernelGradient";
import { defineGradient } from "./gradient";
import { applyScale, scaleMaps } from "./shared/scaled";

export const conv = defineGradient({
  op: "Conv",
  inputs: 2,
  // dx: dy convolved backwards; dw: x convolved with dy; db: dy summed over all positions.
  takesScaled: true,
  gradient: ([dyOrScaled], context, g) => {
    const [x, w, b] = context.inputs;
    const { scale, block, webgpu, gpu, choose } = context;
    const target = { block, webgpu, gpu, choose };
    const conv = convolutionOf(context, x, w, dyOrScaled);
    const constant = context.constant(1) !== undefined;
    // A constant kernel is scaled, and flipped, when the graph is opened.
    const byKernel = scale && (constant || kernelIsSmall(conv)) ? scale : undefined;
    const dy = scale && !byKernel ? applyScale(g, { value: dyOrScaled, scale }) : dyOrScaled;
    const scaled = (kernel: Value) => (byKernel ? scaleMaps(g, kernel, byKernel) : kernel);
    const db = () => {
      const sums = context.channelSums(dyOrScaled);
      return scale ? g.mul(sums, scale) : sums;
    };
    return [
      context.wants(0) ? imageGradient(g, dy, scaled(w), conv, { ...target, constant }) : undefined,
      context.wants(1) ? scaled(kernelGradient(g, x, dy, conv, target)) : undefined,
      b && context.wants(2) ? db() : undefined,
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

/** Whether two kernels, the one that goes in and the gradient that comes out, are less than the image. */
const kernelIsSmall = ({ batch, channels, group, kernel, output }: Convolution): boolean =>
  2 * product([channels / group, ...kernel]) < product([batch, ...output]);

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
