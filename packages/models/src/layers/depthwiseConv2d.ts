// A convolution of each channel by itself, kernel [height, width, in, multiplier].
// keras.io/api/layers/convolution_layers/depthwise_convolution2d
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
import { padsWhereValid } from "./shared/windows";

export const depthwiseConv2d = defineLayer({
  className: "DepthwiseConv2D",
  fields: depthwiseFields(f.pair, [1, 1]),
  rank: 4,
  shape: (config, [x]) => [depthwiseShape(config, x)],
  weights: (config, [x]) => depthwiseWeights(config, x),
  macs: (config, _, [y]) => depthwiseMacs(config, y),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  pads: padsWhereValid,
  folds: { kernel: "kernel", channels: [2, 3] },
  lower: (config, [x], g, context) => [lowerDepthwise(config, x, g, context)],
  samples: [
    { config: { kernel_size: 3 }, inputs: [[2, 5, 6, 3]] },
    {
      config: { kernel_size: [2, 3], depth_multiplier: 2, padding: "same", strides: 2 },
      inputs: [[1, 6, 7, 2]],
    },
    { config: { kernel_size: 3, dilation_rate: 2, use_bias: false }, inputs: [[1, 7, 8, 1]] },
  ],
});
