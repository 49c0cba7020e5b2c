// A convolution of each channel by itself, kernel [length, in, multiplier].
// keras.io/api/layers/convolution_layers/depthwise_convolution1d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import {
  depthwiseFields,
  depthwiseMacs,
  depthwiseShape,
  depthwiseWeights,
  lowerDepthwise,
} from "./shared/convolution";
import { activationEnding } from "./shared/ending";

export const depthwiseConv1d = defineLayer({
  className: "DepthwiseConv1D",
  fields: depthwiseFields(f.single, [1]),
  rank: 3,
  shape: (config, [x]) => [depthwiseShape(config, x)],
  weights: (config, [x]) => depthwiseWeights(config, x),
  macs: (config, _, [y]) => depthwiseMacs(config, y),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [1, 2] },
  lower: (config, [x], g, context) => [lowerDepthwise(config, x, g, context)],
  samples: [
    { config: { kernel_size: 3 }, inputs: [[2, 6, 3]] },
    {
      config: { kernel_size: 2, depth_multiplier: 2, padding: "same", strides: 2 },
      inputs: [[1, 7, 2]],
    },
    { config: { kernel_size: 3, dilation_rate: 2, use_bias: false }, inputs: [[1, 8, 1]] },
  ],
});
