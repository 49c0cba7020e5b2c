// A depthwise convolution, then a pointwise one: depthwise_kernel [height, width, in, multiplier],
// pointwise_kernel [1, 1, in · multiplier, filters]. The bias and the activation come after both.
// keras.io/api/layers/convolution_layers/separable_convolution2d
import { activate } from "./shared/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { channelsOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { padAttributes, slide, windows, padsWhereValid } from "./shared/windows";
import { activationEnding } from "./shared/ending";

export const separableConv2d = defineLayer({
  className: "SeparableConv2D",
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
    /** Number of output channels for each input channel. */
    depth_multiplier: f.positive(1),
    /** What is applied to the result, by its Keras name; `"linear"`: nothing. */
    activation: f.activation("linear"),
    /** Whether a bias is added to every output channel or unit. */
    use_bias: f.flag(true),
    ...weightFields("depthwise", "glorot_uniform"),
    ...weightFields("pointwise", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
  },
  rank: 4,
  shape: (config, [x]) => {
    channelsOf(x!);
    const axes = slide(config.kernel_size, config);
    return [[x![0]!, ...axes.map((axis, i) => windows(x![i + 1]!, axis)), config.filters]];
  },
  weights: (config, [x]) => {
    const { depth_multiplier, filters, kernel_size, use_bias } = config;
    const channels = channelsOf(x!);
    const depthwise = [...kernel_size, channels, depth_multiplier];
    const pointwise = [1, 1, channels * depth_multiplier, filters];
    return [
      trainable(config, "depthwise", depthwise, "depthwise_kernel"),
      trainable(config, "pointwise", pointwise, "pointwise_kernel"),
      ...(use_bias ? [trainable(config, "bias", [filters])] : []),
    ];
  },
  macs: ({ kernel_size: [kh, kw], depth_multiplier, filters }, [x], [y]) =>
    y![1]! * y![2]! * x![3]! * depth_multiplier * (kh * kw + filters),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  pads: padsWhereValid,
  folds: { kernel: "pointwise_kernel", channels: [3] },
  lower: (config, [x], g, { inputs, padding, weight }) => {
    const { depth_multiplier, kernel_size, strides, dilation_rate } = config;
    const channels = channelsOf(inputs[0]!);
    const depthwise = weight("depthwise_kernel", [
      { permute: [2, 3, 0, 1] },
      { reshape: [channels * depth_multiplier, 1, ...kernel_size] },
    ]);
    const pointwise = weight("pointwise_kernel", [{ permute: [3, 2, 0, 1] }]);
    const between = g.conv(x!, depthwise, undefined, {
      kernel_shape: kernel_size,
      strides,
      dilations: dilation_rate,
      group: channels,
      ...padAttributes(inputs[0]!.slice(1, 3), slide(kernel_size, config), padding),
    });
    const bias = config.use_bias ? weight("bias") : undefined;
    const y = g.conv(between, pointwise, bias, { kernel_shape: [1, 1] });
    return [activate(config.activation, y, g, 1)];
  },
  samples: [
    { config: { filters: 4, kernel_size: 3 }, inputs: [[2, 5, 6, 3]] },
    {
      config: { filters: 2, kernel_size: 3, depth_multiplier: 2, padding: "same", strides: 2 },
      inputs: [[1, 6, 7, 2]],
    },
    { config: { filters: 2, kernel_size: [1, 3], use_bias: false }, inputs: [[1, 4, 4, 1]] },
  ],
});
