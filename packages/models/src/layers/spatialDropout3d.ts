// Dropout of whole feature maps (Tompson et al. 2014, arXiv:1411.4280).
// keras.io/api/layers/regularization_layers/spatial_dropout3d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dropoutMask } from "./shared/randomness";
import { passesMask } from "./shared/masks";

export const spatialDropout3d = defineLayer({
  className: "SpatialDropout3D",
  fields: {
    /** Share of the inputs that is dropped in training, 0 up to but without 1. */
    rate: f.rate(),
    /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, or `"channels_first"`, `[batch, channels, …]`. */
    data_format: f.dataFormat("channels_last"),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
  },
  rank: 5,
  shape: (_, [x]) => [x],
  integers: () => "moves",
  mask: passesMask,
  layout: "channelsFirst",
  lower: ({ rate }, [x], g, { training, seed }) => {
    if (!training || rate === 0) return [x];
    const maps = g.shape(x, { start: 0, end: 2 });
    const shape = g.concat([maps, g.int64s([1, 1, 1])], { axis: 0 });
    return [g.mul(x, dropoutMask(g, shape, { rate, seed: seed() }))];
  },
  samples: [
    { config: { rate: 0.5 }, inputs: [[2, 2, 3, 4, 5]] },
    { config: { rate: 0 }, inputs: [[2, 2, 3, 4, 5]] },
  ],
});
