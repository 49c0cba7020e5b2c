// x above 0, alpha · (exp(x) - 1) below (Clevert et al. 2015, arXiv:1511.07289).
// keras.io/api/layers/activation_layers/elu
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { passesMask } from "./shared/masks";

export const elu = defineLayer({
  className: "ELU",
  fields: {
    /** Slope, or value, for negative inputs. */
    alpha: f.real(1),
  },
  shape: (_, [x]) => [x],
  asActivation: ({ alpha }) => (alpha === 1 ? "elu" : { recurrent: { name: "Elu", alpha } }),
  mask: passesMask,
  layout: "elementwise",
  lower: ({ alpha }, [x], g) => [g.elu(x, { alpha })],
  samples: [{ inputs: [[2, 3]] }, { config: { alpha: 0.5 }, inputs: [[2, 3, 2, 2]] }],
});
