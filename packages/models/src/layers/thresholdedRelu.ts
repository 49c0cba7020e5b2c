// x where it is above theta, else 0: a layer of Keras 2 and TF.js.
// faroit.com/keras-docs/2.0.8/layers/advanced-activations
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { relu } from "./relu";
import { passesMask } from "./shared/masks";

export const thresholdedRelu = defineLayer({
  className: "ThresholdedReLU",
  fields: {
    /** Inputs up to this one give 0. */
    theta: f.nonnegative(1),
  },
  shape: (_, [x]) => [x],
  inKeras3: ({ theta }) => ({ className: relu.className, config: { threshold: theta } }),
  asActivation: () => ({ nonnegative: true }),
  mask: passesMask,
  layout: "elementwise",
  lower: ({ theta }, [x], g) => [g.thresholdedRelu(x, { alpha: theta })],
  samples: [{ inputs: [[2, 3]] }, { config: { theta: 0.5 }, inputs: [[2, 3, 2, 2]] }],
});
