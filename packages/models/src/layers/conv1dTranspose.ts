// Transposed convolution of sequences: the gradient of Conv1D with respect to its input.
// keras.io/api/layers/convolution_layers/convolution1d_transpose
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

export const conv1dTranspose = defineLayer({
  className: "Conv1DTranspose",
  fields: {
    ...transposedFields(f.single, [1]),
    /** Extents added at the end of the output; null: as padding and strides have it. */
    output_padding: f.addedSingleOrNone(null),
  },
  rank: 3,
  shape: (config, [x]) => [transposedShape(config, x)],
  weights: (config, [x]) => transposedWeights(config, x),
  macs: (config, [x]) => transposedMacs(config, x),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [1] },
  lower: (config, [x], g, context) => [lowerTransposed(config, x, g, context)],
  samples: [
    { config: { filters: 3, kernel_size: 3 }, inputs: [[2, 4, 2]] },
    { config: { filters: 2, kernel_size: 3, strides: 2, padding: "same" }, inputs: [[1, 4, 2]] },
    { config: { filters: 2, kernel_size: 2, strides: 3, use_bias: false }, inputs: [[1, 3, 2]] },
  ],
});
