// 2D convolution (cross-correlation), kernel [height, width, in / groups, filters].
// keras.io/api/layers/convolution_layers/convolution2d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import {
  convolutionFields,
  convolutionMacs,
  convolutionShape,
  convolutionWeights,
  lowerConvolution,
} from "./shared/convolution";
import { activationEnding } from "./shared/ending";
import { padsWhereValid } from "./shared/windows";

export const conv2d = defineLayer({
  className: "Conv2D",
  fields: convolutionFields(f.pair, [1, 1]),
  rank: 4,
  shape: (config, [x]) => [convolutionShape(config, x)],
  weights: (config, [x]) => convolutionWeights(config, x),
  macs: (config, [x], [y]) => convolutionMacs(config, x, y),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  pads: padsWhereValid,
  folds: { kernel: "kernel", channels: [3] },
  lower: (config, [x], g, context) => [lowerConvolution(config, x, g, context)],
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
