// Transposed convolution of images: the gradient of Conv2D with respect to its input.
// keras.io/api/layers/convolution_layers/convolution2d_transpose
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { activationEnding } from "./shared/ending";
import {
  lowerTransposed,
  transposedFields,
  transposedMacs,
  transposedShape,
  transposedWeights,
} from "./shared/transposedConvolution";

export const conv2dTranspose = defineLayer({
  className: "Conv2DTranspose",
  fields: {
    ...transposedFields(f.pair, [1, 1]),
    /** Extents added at the end of the output; null: as padding and strides have it. */
    output_padding: f.addedPairOrNone(null),
  },
  rank: 4,
  shape: (config, [x]) => [transposedShape(config, x)],
  weights: (config, [x]) => transposedWeights(config, x),
  macs: (config, [x]) => transposedMacs(config, x),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [2] },
  lower: (config, [x], g, context) => [lowerTransposed(config, x, g, context)],
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
