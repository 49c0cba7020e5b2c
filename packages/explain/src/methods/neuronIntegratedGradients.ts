// Integrated gradients of one unit of a layer (Shrikumar et al. 2018, arXiv:1807.09946).
import { alongPath } from "./shared/meanGradients";
import { defineMethod } from "./method";
import { baselineOf } from "./baseline";
import { sums } from "./shared/evaluate";
import { eachNeuronGradient, neuronOf, type NeuronOptions } from "./shared/neurons";
import { pathOptions, type PathOptions } from "./shared/pathOptions";
import { quadrature } from "./shared/quadrature";

export const neuronIntegratedGradients = defineMethod({
  name: "neuron-integrated-gradients",
  title: "Neuron integrated gradients",
  gives: "image",
  plain: true,
  needsLayer: true,
  options: ["neuron", ...pathOptions],
  async attribute(
    call,
    { neuron, baseline = 0, steps = 50, rule = "gausslegendre" }: NeuronOptions & PathOptions,
  ) {
    const at = neuronOf(call, "neuron-integrated-gradients", neuron);
    const { images } = call;
    const { alphas, weights } = quadrature(rule, steps);
    const from = baselineOf(call, baseline);
    const map = sums(images.shape[0]!, images.shape.slice(1));
    await eachNeuronGradient(call, alongPath(call, from.data, alphas), at, (row, g) =>
      map.add(Math.floor(row / steps), g, weights[row % steps]),
    );
    map.data.forEach((g, i) => (map.data[i] = g * (images.data[i]! - from.data[i]!)));
    return { map: map.tensor(), layer: at.layer.name };
  },
});
