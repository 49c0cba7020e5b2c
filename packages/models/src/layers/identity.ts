// Its input, as it is. keras.io/api/layers/core_layers/identity
import { defineLayer } from "./definition/layer";
import { passesMask } from "./shared/masks";

export const identity = defineLayer({
  className: "Identity",
  fields: {},
  shape: (_, [x]) => [x],
  integers: () => "moves",
  mask: passesMask,
  layout: "elementwise",
  lower: (_, [x]) => [x],
  samples: [{ inputs: [[2, 3]] }, { inputs: [[2, 3, 2, 2]] }],
});
