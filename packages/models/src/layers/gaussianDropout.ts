// In training, multiplies by noise of mean 1 and standard deviation sqrt(rate / (1 - rate)).
// keras.io/api/layers/regularization_layers/gaussian_dropout
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { normal } from "./shared/randomness";
import { passesMask } from "./shared/masks";

export const gaussianDropout = defineLayer({
  className: "GaussianDropout",
  fields: {
    rate: f.rate(),
    seed: f.seed(null),
  },
  shape: (_, [x]) => [x],
  integers: () => "moves",
  mask: passesMask,
  layout: "elementwise",
  lower: ({ rate }, [x], g, { training, seed }) => {
    if (!training || rate === 0) return [x];
    const noise = g.mul(normal(g, g.shape(x), seed()), Math.sqrt(rate / (1 - rate)));
    return [g.mul(x, g.add(noise, 1))];
  },
  samples: [
    { config: { rate: 0.5 }, inputs: [[2, 3]] },
    { config: { rate: 0 }, inputs: [[2, 3, 2]] },
  ],
});
