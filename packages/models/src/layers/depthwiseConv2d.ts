// A convolution of each channel by itself, kernel [height, width, in, multiplier].
// keras.io/api/layers/convolution_layers/depthwise_convolution2d
import { activate } from "./shared/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { channelsOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { padAttributes, slide, windows, padsWhereValid } from "./shared/windows";
import { activationEnding } from "./shared/ending";

export const depthwiseConv2d = defineLayer({
  className: "DepthwiseConv2D",
  fields: {
    /** Extents of the kernel, along each axis or along all. */
    kernel_size: f.pair(),
    /** How far a window moves, along each axis or along all. */
    strides: f.pair([1, 1]),
    /**
     * `"valid"`: windows lie inside the input. `"same"`: they reach over its edges, so that the output has
     * ⌈extent / strides⌉; what is odd of that comes at the end.
     */
    padding: f.oneOf(["valid", "same"])("valid"),
    /** Number of output channels for each input channel. */
    depth_multiplier: f.positive(1),
    /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, is the default. */
    data_format: f.dataFormat("channels_last"),
    /** How far apart the elements of a kernel are; 1: side by side. */
    dilation_rate: f.pair([1, 1]),
    /** What is applied to the result, by its Keras name; `"linear"`: nothing. */
    activation: f.activation("linear"),
    /** Whether a bias is added to every output channel or unit. */
    use_bias: f.flag(true),
    ...weightFields("depthwise", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
  },
  rank: 4,
  shape: (config, [x]) => {
    const axes = slide(config.kernel_size, config);
    const channels = channelsOf(x!) * config.depth_multiplier;
    return [[x![0]!, ...axes.map((axis, i) => windows(x![i + 1]!, axis)), channels]];
  },
  weights: (config, [x]) => {
    const { depth_multiplier, kernel_size, use_bias } = config;
    const channels = channelsOf(x!);
    return [
      // Keras 3 names it "kernel", Keras 2 and TF.js "depthwise_kernel".
      trainable(config, "depthwise", [...kernel_size, channels, depth_multiplier], "kernel"),
      ...(use_bias ? [trainable(config, "bias", [channels * depth_multiplier])] : []),
    ];
  },
  macs: ({ kernel_size: [kh, kw] }, _, [y]) => y![1]! * y![2]! * y![3]! * kh * kw,
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  pads: padsWhereValid,
  folds: { kernel: "kernel", channels: [2, 3] },
  lower: (config, [x], g, { inputs, padding, weight }) => {
    const channels = channelsOf(inputs[0]!);
    const { depth_multiplier, kernel_size, strides, dilation_rate } = config;
    const kernel = weight("kernel", [
      { permute: [2, 3, 0, 1] }, // HWCM -> CMHW: output channel c M + m is channel c's m-th
      { reshape: [channels * depth_multiplier, 1, ...kernel_size] },
    ]);
    const y = g.conv(x!, kernel, config.use_bias ? weight("bias") : undefined, {
      kernel_shape: kernel_size,
      strides,
      dilations: dilation_rate,
      group: channels,
      ...padAttributes(inputs[0]!.slice(1, 3), slide(kernel_size, config), padding),
    });
    return [activate(config.activation, y, g, 1)];
  },
  samples: [
    { config: { kernel_size: 3 }, inputs: [[2, 5, 6, 3]] },
    {
      config: { kernel_size: [2, 3], depth_multiplier: 2, padding: "same", strides: 2 },
      inputs: [[1, 6, 7, 2]],
    },
    { config: { kernel_size: 3, dilation_rate: 2, use_bias: false }, inputs: [[1, 7, 8, 1]] },
  ],
});
