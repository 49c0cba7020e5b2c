// An activation as a layer of its own. keras.io/api/layers/core_layers/activation
import { activate } from "./shared/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

export const activation = defineLayer({
  className: "Activation",
  fields: { activation: f.activation() },
  shape: (_, [x]) => [x!],
  layout: "elementwise",
  lower: ({ activation }, [x], g, { axis }) => [activate(activation, x!, g, axis(-1))],
  samples: [
    { config: { activation: "relu" }, inputs: [[2, 3]] },
    { config: { activation: "softmax" }, inputs: [[2, 3, 2, 4]] },
    { config: { activation: "gelu" }, inputs: [[2, 3, 4]] },
  ],
});
