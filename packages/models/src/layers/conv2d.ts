// 2D convolution (cross-correlation), kernel [height, width, in / groups, filters].
// keras.io/api/layers/convolution_layers/convolution2d
import { CajalError } from "@cajal/core";
import { activate } from "./shared/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { channelsOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { padAttributes, slide, windows, padsWhereValid } from "./shared/windows";
import { activationEnding } from "./shared/ending";

export const conv2d = defineLayer({
  className: "Conv2D",
  fields: {
    /** Number of output channels. */
    filters: f.positive(),
    /** Extents of the kernel, along each axis or along all. */
    kernel_size: f.pair(),
    /** How far a window moves, along each axis or along all. */
    strides: f.pair([1, 1]),
    /**
     * `"valid"`: windows lie inside the input. `"same"`: they reach over its edges, so that the output has
     * ⌈extent / strides⌉; what is odd of that comes at the end.
     */
    padding: f.oneOf(["valid", "same"])("valid"),
    /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, is the default. */
    data_format: f.dataFormat("channels_last"),
    /** How far apart the elements of a kernel are; 1: side by side. */
    dilation_rate: f.pair([1, 1]),
    /** Into how many groups channels are divided, each convolved on its own. */
    groups: f.positive(1),
    /** What is applied to the result, by its Keras name; `"linear"`: nothing. */
    activation: f.activation("linear"),
    /** Whether a bias is added to every output channel or unit. */
    use_bias: f.flag(true),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
  },
  rank: 4,
  shape: (config, [x]) => {
    const { filters, groups, kernel_size } = config;
    const channels = channelsOf(x!);
    if (channels % groups !== 0 || filters % groups !== 0)
      throw new CajalError(
        "bad-shape",
        `${channels} input channels and ${filters} filters do not divide into ${groups} groups`,
        { channels, filters, groups },
      );
    const axes = slide(kernel_size, config);
    return [[x![0]!, ...axes.map((axis, i) => windows(x![i + 1]!, axis)), filters]];
  },
  weights: (config, [x]) => {
    const { filters, groups, kernel_size, use_bias } = config;
    return [
      trainable(config, "kernel", [...kernel_size, channelsOf(x!) / groups, filters]),
      ...(use_bias ? [trainable(config, "bias", [filters])] : []),
    ];
  },
  macs: ({ kernel_size: [kh, kw], groups }, [x], [y]) =>
    (y![1]! * y![2]! * y![3]! * kh * kw * x![3]!) / groups,
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  pads: padsWhereValid,
  folds: { kernel: "kernel", channels: [3] },
  lower: (config, [x], g, { inputs, padding, weight }) => {
    const kernel = weight("kernel", [{ permute: [3, 2, 0, 1] }]); // HWIO -> OIHW
    const y = g.conv(x!, kernel, config.use_bias ? weight("bias") : undefined, {
      kernel_shape: config.kernel_size,
      strides: config.strides,
      dilations: config.dilation_rate,
      group: config.groups,
      ...padAttributes(inputs[0]!.slice(1, 3), slide(config.kernel_size, config), padding),
    });
    return [activate(config.activation, y, g, 1)];
  },
  samples: [
    { config: { filters: 3, kernel_size: 3 }, inputs: [[2, 5, 6, 2]] },
    {
      config: { filters: 4, kernel_size: [2, 3], strides: 2, padding: "same" },
      inputs: [[1, 6, 7, 2]],
    },
    {
      config: { filters: 4, kernel_size: 3, dilation_rate: 2, activation: "relu" },
      inputs: [[1, 7, 8, 1]],
    },
    { config: { filters: 4, kernel_size: 3, groups: 2, use_bias: false }, inputs: [[2, 5, 5, 6]] },
    { config: { filters: 3, kernel_size: 1, activation: "softmax" }, inputs: [[1, 2, 2, 2]] },
  ],
});
