// A depthwise convolution, then a pointwise one: depthwise_kernel [length, in, multiplier],
// pointwise_kernel [1, in · multiplier, filters]. The bias and the activation come after both.
// keras.io/api/layers/convolution_layers/separable_convolution1d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import {
  lowerSeparable,
  separableFields,
  separableMacs,
  separableShape,
  separableWeights,
} from "./shared/convolution";
import { activationEnding } from "./shared/ending";

export const separableConv1d = defineLayer({
  className: "SeparableConv1D",
  fields: separableFields(f.single, [1]),
  rank: 3,
  shape: (config, [x]) => [separableShape(config, x)],
  weights: (config, [x]) => separableWeights(config, x),
  macs: (config, [x], [y]) => separableMacs(config, x, y),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "pointwise_kernel", channels: [2] },
  lower: (config, [x], g, context) => [lowerSeparable(config, x, g, context)],
  samples: [
    { config: { filters: 4, kernel_size: 3 }, inputs: [[2, 6, 3]] },
    {
      config: { filters: 2, kernel_size: 3, depth_multiplier: 2, padding: "same", strides: 2 },
      inputs: [[1, 7, 2]],
    },
    {
      config: { filters: 2, kernel_size: 2, dilation_rate: 2, use_bias: false },
      inputs: [[1, 6, 1]],
    },
  ],
});
