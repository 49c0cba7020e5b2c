// Transposed convolution of volumes: the gradient of Conv3D with respect to its input.
// keras.io/api/layers/convolution_layers/convolution3d_transpose
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

export const conv3dTranspose = defineLayer({
  className: "Conv3DTranspose",
  fields: {
    ...transposedFields(f.triple, [1, 1, 1]),
    /** Extents added at the end of the output; null: as padding and strides have it. */
    output_padding: f.addedTripleOrNone(null),
  },
  rank: 5,
  shape: (config, [x]) => [transposedShape(config, x)],
  weights: (config, [x]) => transposedWeights(config, x),
  macs: (config, [x]) => transposedMacs(config, x),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [3] },
  lower: (config, [x], g, context) => [lowerTransposed(config, x, g, context)],
  samples: [
    { config: { filters: 2, kernel_size: 2 }, inputs: [[1, 2, 3, 2, 2]] },
    {
      config: { filters: 2, kernel_size: [1, 3, 2], strides: 2, padding: "same" },
      inputs: [[1, 2, 2, 3, 1]],
    },
  ],
});
