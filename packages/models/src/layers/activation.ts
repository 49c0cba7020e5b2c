// An activation as a layer of its own. keras.io/api/layers/core_layers/activation
import { activate, activationOf } from "./definition/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { activationEnding } from "./shared/ending";
import { passesMask } from "./shared/masks";

export const activation = defineLayer({
  className: "Activation",
  fields: {
    activation: f.activation(),
  },
  shape: (_, [x]) => [x],
  integers: ({ activation }) => activationOf(activation)?.integers?.kind,
  ending: activationEnding,
  asActivation: ({ activation }) => activation,
  mask: passesMask,
  layout: "elementwise",
  lower: ({ activation }, [x], g, { axis, dtype }) => {
    const integers = dtype === "float32" ? undefined : activationOf(activation)?.integers;
    return [integers ? integers.lower(x, g) : activate(activation, x, g, axis(-1))];
  },
  samples: [
    { config: { activation: "relu" }, inputs: [[2, 3]] },
    { config: { activation: "softmax" }, inputs: [[2, 3, 2, 4]] },
    { config: { activation: "gelu" }, inputs: [[2, 3, 4]] },
  ],
});
