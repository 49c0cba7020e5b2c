// 3D convolution, of a video or a volume [batch, depth, height, width, channels]; kernel
// [depth, height, width, in / groups, filters]. keras.io/api/layers/convolution_layers/convolution3d
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

export const conv3d = defineLayer({
  className: "Conv3D",
  fields: convolutionFields(f.triple, [1, 1, 1]),
  rank: 5,
  shape: (config, [x]) => [convolutionShape(config, x)],
  weights: (config, [x]) => convolutionWeights(config, x),
  macs: (config, [x], [y]) => convolutionMacs(config, x, y),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [4] },
  lower: (config, [x], g, context) => [lowerConvolution(config, x, g, context)],
  samples: [
    { config: { filters: 3, kernel_size: 2 }, inputs: [[2, 3, 4, 3, 2]] },
    {
      config: { filters: 4, kernel_size: [1, 3, 2], strides: [1, 2, 2], padding: "same" },
      inputs: [[1, 3, 5, 4, 2]],
    },
    {
      config: { filters: 2, kernel_size: 2, dilation_rate: 2, groups: 2, activation: "relu" },
      inputs: [[1, 3, 4, 5, 4]],
    },
    { config: { filters: 2, kernel_size: 1, use_bias: false }, inputs: [[1, 2, 2, 2, 3]] },
    {
      config: { filters: 2, kernel_size: [1, 2, 3], strides: [2, 3, 2], padding: "same" },
      inputs: [[1, 4, 7, 5, 2]],
    },
  ],
});
