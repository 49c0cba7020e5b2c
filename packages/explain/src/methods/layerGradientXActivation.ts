// A layer's output times the gradient of the score by it: A G.
import { rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { mapped, neededLayer } from "./shared/evaluate";
import { layerGradients } from "./shared/layers";

export const layerGradientXActivation = defineMethod({
  name: "layer-gradient-x-activation",
  title: "Layer gradient × activation",
  gives: "layer",
  plain: true,
  needsLayer: true,
  options: [],
  async attribute(call) {
    const { name, value } = neededLayer(call, "layer-gradient-x-activation");
    const { values, gradients } = await layerGradients(call, rowsOf(call.images), value);
    return { map: mapped(values, (i) => values.data[i]! * gradients.data[i]!), layer: name };
  },
});
