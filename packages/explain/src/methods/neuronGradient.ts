// The gradient of one unit of a layer by the image.
import { emptyRows, rowOf, rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { eachNeuronGradient, neuronOf, type NeuronOptions } from "./shared/neurons";

export const neuronGradient = defineMethod({
  name: "neuron-gradient",
  title: "Neuron gradient",
  gives: "image",
  plain: true,
  needsLayer: true,
  options: ["neuron"],
  async attribute(call, { neuron }: NeuronOptions) {
    const at = neuronOf(call, "neuron-gradient", neuron);
    const map = emptyRows(call.images.shape[0]!, call.images.shape.slice(1));
    await eachNeuronGradient(call, rowsOf(call.images), at, (row, g) => rowOf(map, row).set(g));
    return { map, layer: at.layer.name };
  },
});
