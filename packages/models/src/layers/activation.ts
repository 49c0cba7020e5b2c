// An activation as a layer of its own. keras.io/api/layers/core_layers/activation
import { activate } from "./shared/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const activation = defineLayer({
  className: "Activation",
  fields: {
    /** The function, by its Keras name. */
    activation: f.activation(),
  },
  shape: (_, [x]) => [x!],
  integers: ({ activation }) =>
    activation === "linear" ? "moves" : /^relu6?$/.test(activation) ? "computes" : undefined,
  layout: "elementwise",
  lower: ({ activation }, [x], g, { axis, dtype }) => {
    if (activation === "linear" || dtype === "float32")
      return [activate(activation, x!, g, axis(-1))];
    const above = g.max(x!, 0);
    return [activation === "relu6" ? g.min(above, 6) : above];
  },
  samples: [
    { config: { activation: "relu" }, inputs: [[2, 3]] },
    { config: { activation: "softmax" }, inputs: [[2, 3, 2, 4]] },
    { config: { activation: "gelu" }, inputs: [[2, 3, 4]] },
  ],
});
