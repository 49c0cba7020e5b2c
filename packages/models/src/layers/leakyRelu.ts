// x above 0, negative_slope · x below (Keras 2 and TF.js call the slope alpha).
// keras.io/api/layers/activation_layers/leaky_relu
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { passesMask } from "./shared/masks";

export const leakyRelu = defineLayer({
  className: "LeakyReLU",
  fields: {
    /** Slope below the threshold. */
    negative_slope: f.nonnegative(0.3),
  },
  aliases: { alpha: "negative_slope" },
  shape: (_, [x]) => [x],
  asActivation: ({ negative_slope: alpha }) =>
    alpha === 0.2 ? "leaky_relu" : { recurrent: { name: "LeakyRelu", alpha } },
  mask: passesMask,
  layout: "elementwise",
  lower: ({ negative_slope }, [x], g) => [g.leakyRelu(x, { alpha: negative_slope })],
  samples: [{ inputs: [[2, 3]] }, { config: { negative_slope: 0.1 }, inputs: [[2, 3, 2, 2]] }],
});
