// Dropout that keeps mean and variance of what a SELU gives: what is dropped becomes α′ = −1.7581, and all is
// scaled and shifted (Klambauer et al. 2017, arXiv:1706.02515).
// keras.io/api/layers/regularization_layers/alpha_dropout
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { uniform } from "./shared/randomness";
import { passesMask } from "./shared/masks";

/** −λ α of SELU. */
const saturation = -1.7580993408473766;

export const alphaDropout = defineLayer({
  className: "AlphaDropout",
  fields: {
    /** Share of the inputs that is dropped in training, 0 up to but without 1. */
    rate: f.rate(),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
  },
  shape: (_, [x]) => [x],
  mask: passesMask,
  layout: "elementwise",
  lower: ({ rate }, [x], g, { training, seed }) => {
    if (!training || rate === 0) return [x];
    const isKept = g.greaterOrEqual(uniform(g, g.shape(x), seed()), rate);
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * saturation * saturation));
    return [g.add(g.mul(g.where(isKept, x, saturation), scale), -scale * saturation * rate)];
  },
  samples: [
    { config: { rate: 0.5 }, inputs: [[2, 3]] },
    { config: { rate: 0 }, inputs: [[2, 3, 2]] },
  ],
});
