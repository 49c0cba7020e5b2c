// 1D convolution, kernel [width, in / groups, filters]. "causal" pads before the start alone, so that
// no output sees what comes later. keras.io/api/layers/convolution_layers/convolution1d
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

export const conv1d = defineLayer({
  className: "Conv1D",
  fields: convolutionFields(f.single, [1], ["causal"]),
  rank: 3,
  shape: (config, [x]) => [convolutionShape(config, x)],
  weights: (config, [x]) => convolutionWeights(config, x),
  macs: (config, [x], [y]) => convolutionMacs(config, x, y),
  kind: "convolution",
  ending: activationEnding,
  layout: "channelsFirst",
  folds: { kernel: "kernel", channels: [2] },
  lower: (config, [x], g, context) => [lowerConvolution(config, x, g, context)],
  samples: [
    { config: { filters: 3, kernel_size: 3 }, inputs: [[2, 6, 2]] },
    { config: { filters: 2, kernel_size: 4, strides: 2, padding: "same" }, inputs: [[2, 7, 2]] },
    {
      config: { filters: 4, kernel_size: 2, dilation_rate: 3, padding: "causal", groups: 2 },
      inputs: [[1, 7, 2]],
    },
  ],
});
