// A layer's output A.
import { rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { layerOf, neededLayer } from "./shared/evaluate";

export const layerActivation = defineMethod({
  name: "layer-activation",
  title: "Layer activation",
  gives: "layer",
  plain: true,
  needsLayer: true,
  options: [],
  async attribute(call) {
    const { name, value } = neededLayer(call, "layer-activation");
    return { map: await layerOf(call, rowsOf(call.images), value), layer: name };
  },
});
