// In training, elements are set to 0 with probability `rate` and the others divided by 1 - rate
// (Srivastava et al. 2014); otherwise nothing. keras.io/api/layers/regularization_layers/dropout
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dropoutMask } from "./shared/randomness";
import { passesMask } from "./shared/masks";

export const dropout = defineLayer({
  className: "Dropout",
  fields: {
    rate: f.rate(),
    seed: f.seed(null),
  },
  shape: (_, [x]) => [x],
  integers: () => "moves",
  mask: passesMask,
  layout: "elementwise",
  lower: ({ rate }, [x], g, { training, seed }) =>
    training && rate > 0 ? [g.mul(x, dropoutMask(g, g.shape(x), { rate, seed: seed() }))] : [x],
  samples: [
    { config: { rate: 0.5 }, inputs: [[2, 3]] },
    { config: { rate: 0 }, inputs: [[2, 3, 2]] },
  ],
});
