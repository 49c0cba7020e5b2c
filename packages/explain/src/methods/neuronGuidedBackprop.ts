// Guided backpropagation of one unit of a layer.
import { emptyRows, rowOf, rowsOf } from "../network/rows";
import { guided } from "../rules/guided";
import { defineMethod } from "./method";
import { eachNeuronGradient, neuronOf, type NeuronOptions } from "./shared/neurons";

export const neuronGuidedBackprop = defineMethod({
  name: "neuron-guided-backprop",
  title: "Neuron guided backpropagation",
  gives: "image",
  plain: false,
  needsLayer: true,
  options: ["neuron"],
  async attribute(call, { neuron }: NeuronOptions) {
    const at = neuronOf(call, "neuron-guided-backprop", neuron);
    const map = emptyRows(call.images.shape[0]!, call.images.shape.slice(1));
    const use = (row: number, g: Float32Array) => rowOf(map, row).set(g);
    await eachNeuronGradient(call, rowsOf(call.images), at, use, guided);
    return { map, layer: at.layer.name };
  },
});
