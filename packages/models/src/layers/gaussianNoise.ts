// In training, adds noise of mean 0; otherwise nothing.
// keras.io/api/layers/regularization_layers/gaussian_noise
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { normal } from "./shared/randomness";
import { passesMask } from "./shared/masks";

export const gaussianNoise = defineLayer({
  className: "GaussianNoise",
  fields: {
    /** Standard deviation of the noise. */
    stddev: f.nonnegative(),
    seed: f.seed(null),
  },
  shape: (_, [x]) => [x],
  integers: () => "moves",
  mask: passesMask,
  layout: "elementwise",
  lower: ({ stddev }, [x], g, { training, seed }) =>
    training && stddev > 0 ? [g.add(x, g.mul(normal(g, g.shape(x), seed()), stddev))] : [x],
  samples: [
    { config: { stddev: 0.5 }, inputs: [[2, 3]] },
    { config: { stddev: 0.1 }, inputs: [[2, 3, 2, 2]] },
  ],
});
