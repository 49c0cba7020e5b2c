// Its input as it is; in training, its values add l1 Σ|x| + l2 Σx², over the batch's size, to the loss.
// keras.io/api/layers/regularization_layers/activity_regularization
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { passesMask } from "./shared/masks";

export const activityRegularization = defineLayer({
  className: "ActivityRegularization",
  fields: {
    /** Factor of the sum of magnitudes. */
    l1: f.nonnegative(0),
    /** Factor of the sum of squares. */
    l2: f.nonnegative(0),
  },
  shape: (_, [x]) => [x],
  mask: passesMask,
  activityRegularizer: ({ l1, l2 }) => ({ class_name: "L1L2", config: { l1, l2 } }),
  layout: "elementwise",
  lower: (_, [x]) => [x],
  samples: [{ config: { l1: 0.1 }, inputs: [[2, 3]] }],
});
