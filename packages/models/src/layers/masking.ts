// Says which steps of a sequence are there: those of which any feature is not `mask_value`. The others
// become 0. keras.io/api/layers/core_layers/masking
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { cast } from "./shared/integers";
import { validSteps } from "./shared/masks";

export const masking = defineLayer({
  className: "Masking",
  fields: {
    /** What all features of a step are that is not there. */
    mask_value: f.real(0),
  },
  rank: 3,
  shape: (_, [x]) => [x],
  mask: { makes: ({ mask_value }) => ({ value: mask_value, features: true }) },
  layout: "channelsLast",
  lower: ({ mask_value }, [x], g, { inputs }) => {
    const isUnmasked = validSteps(g, x, { value: mask_value, axis: inputs[0].length - 1 });
    return [g.mul(x, cast(g, g.unsqueeze(isUnmasked, [2]), "float32"))];
  },
  samples: [{ inputs: [[2, 3, 2]] }, { config: { mask_value: 0.5 }, inputs: [[1, 4, 3]] }],
});
