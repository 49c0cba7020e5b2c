// Transposed convolution: the gradient of Conv2D with respect to its input, kernel
// [height, width, filters, in]. keras.io/api/layers/convolution_layers/convolution2d_transpose
import { CajalError, showShape } from "@cajal/core";
import { activate } from "./shared/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { channelsOf, sizeOfExample } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { reach } from "./shared/windows";
import { activationEnding } from "./shared/ending";

export const conv2dTranspose = defineLayer({
  className: "Conv2DTranspose",
  fields: {
    filters: f.positive(),
    kernel_size: f.pair(),
    strides: f.pair([1, 1]),
    padding: f.oneOf(["valid", "same"])("valid"),
    /** Extents added at the end of the output; null: as padding and strides have it. */
    output_padding: f.pairOrNone(null),
    data_format: f.dataFormat("channels_last"),
    dilation_rate: f.pair([1, 1]),
    activation: f.activation("linear"),
    use_bias: f.flag(true),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
  },
  rank: 4,
  shape: (config, [x]) => {
    channelsOf(x);
    const { output_padding, strides } = config;
    if (output_padding?.some((more, i) => more >= strides[i]!))
      throw new CajalError(
        "bad-argument",
        `output_padding ${showShape(output_padding)}: expected less than the strides, ${showShape(strides)}`,
        { output_padding, strides },
      );
    const [n, ...image] = x;
    const spatial = [0, 1].map((i) => {
      const size = image[i]!;
      return size === null ? null : (size - 1) * config.strides[i]! + grown(config, i).extent;
    });
    return [[n!, ...spatial, config.filters]];
  },
  weights: (config, [x]) => {
    const { filters, kernel_size, use_bias } = config;
    return [
      trainable(config, "kernel", [...kernel_size, filters, channelsOf(x)]),
      ...(use_bias ? [trainable(config, "bias", [filters])] : []),
    ];
  },
  // Every input pixel meets the whole kernel.
  macs: ({ filters, kernel_size: [kh, kw] }, [x]) => sizeOfExample(x) * kh * kw * filters,
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [2] },
  lower: (config, [x], g, { weight }) => {
    const axes = [grown(config, 0), grown(config, 1)];
    const kernel = weight("kernel", [{ permute: [3, 2, 0, 1] }]); // HWOI -> IOHW
    const y = g.convTranspose(x, kernel, config.use_bias ? weight("bias") : undefined, {
      kernel_shape: config.kernel_size,
      strides: config.strides,
      dilations: config.dilation_rate,
      pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
      output_padding: axes.map(({ more }) => more),
    });
    return [activate(config.activation, y, g, 1)];
  },
  samples: [
    { config: { filters: 3, kernel_size: 3 }, inputs: [[2, 4, 3, 2]] },
    { config: { filters: 2, kernel_size: 3, strides: 2, padding: "same" }, inputs: [[1, 4, 3, 2]] },
    { config: { filters: 2, kernel_size: 2, strides: 3, use_bias: false }, inputs: [[1, 3, 2, 2]] },
    {
      config: { filters: 2, kernel_size: 3, strides: 2, padding: "same", output_padding: 1 },
      inputs: [[1, 3, 4, 1]],
    },
    { config: { filters: 2, kernel_size: [2, 3], dilation_rate: 2 }, inputs: [[1, 3, 4, 1]] },
  ],
});

/**
 * What one axis gives beyond (size - 1) · stride, the part of the full result that is cut off before
 * and after (TensorFlow's rule: the odd one after), and what is added where the kernel does not reach.
 */
function grown(
  config: {
    readonly kernel_size: f.Pair;
    readonly strides: f.Pair;
    readonly dilation_rate: f.Pair;
    readonly padding: "valid" | "same";
    readonly output_padding: f.Pair | null;
  },
  axis: number,
): { extent: number; before: number; after: number; more: number } {
  const { output_padding, padding } = config;
  const stride = config.strides[axis]!;
  const full = reach(config.kernel_size[axis]!, config.dilation_rate[axis]!);
  const border = padding === "same" ? Math.floor(full / 2) : 0;
  const natural = padding === "same" ? stride : Math.max(full, stride);
  const extent = output_padding ? full - 2 * border + output_padding[axis]! : natural;
  const cut = Math.max(full - extent, 0);
  return {
    extent,
    before: Math.floor(cut / 2),
    after: Math.ceil(cut / 2),
    more: Math.max(extent - full, 0),
  };
}
