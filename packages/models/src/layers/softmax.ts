// exp(x) / sum of exp(x) along an axis. keras.io/api/layers/activation_layers/softmax
import { activation } from "./activation";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";

export const softmax = defineLayer({
  className: "Softmax",
  fields: {
    /** Axis, the batch being 0; negative ones count from the end. */
    axis: f.axis(-1),
  },
  shape: ({ axis }, [x]) => {
    axisOf(axis, x);
    return [x];
  },
  ending: ({ axis }) => ({
    activation: "softmax",
    ...(axis === -1 && {
      without: { definition: activation, config: { activation: "linear" } },
    }),
  }),
  mask: { refuses: () => "Cajal does not compute it by a mask" },
  layout: "any",
  lower: ({ axis }, [x], g, context) => [g.softmax(x, { axis: context.axis(axis) })],
  samples: [
    { inputs: [[2, 3]] },
    { config: { axis: 1 }, inputs: [[2, 3, 2]] },
    { config: { axis: -2 }, inputs: [[2, 3, 2, 4]] },
  ],
});
