// Dropout of whole feature maps (Tompson et al. 2014, arXiv:1411.4280).
// keras.io/api/layers/regularization_layers/spatial_dropout1d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dropoutMask } from "./shared/randomness";
import { passesMask } from "./shared/masks";

export const spatialDropout1d = defineLayer({
  className: "SpatialDropout1D",
  fields: {
    rate: f.rate(),
    seed: f.seed(null),
  },
  rank: 3,
  shape: (_, [x]) => [x],
  integers: () => "moves",
  mask: passesMask,
  layout: "channelsFirst",
  lower: ({ rate }, [x], g, { training, seed }) => {
    if (!training || rate === 0) return [x];
    const maps = g.shape(x, { start: 0, end: 2 });
    const shape = g.concat([maps, g.int64s([1])], { axis: 0 });
    return [g.mul(x, dropoutMask(g, shape, { rate, seed: seed() }))];
  },
  samples: [
    { config: { rate: 0.5 }, inputs: [[2, 3, 5]] },
    { config: { rate: 0 }, inputs: [[2, 3, 5]] },
  ],
});
