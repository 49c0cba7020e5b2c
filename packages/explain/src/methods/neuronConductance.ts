// Neuron conductance (Dhamdhere et al. 2018, arXiv:1805.12233): (x − b) Σᵢ wᵢ G[neuron](xᵢ) dA[neuron]/dx(xᵢ), what of
// the score flows through one unit, along the image's path.
import { alongPath } from "./shared/meanGradients";
import { defineMethod } from "./method";
import { baselineOf } from "./baseline";
import { sums } from "./shared/evaluate";
import { eachLayerGradient } from "./shared/layers";
import { eachNeuronGradient, neuronOf, type NeuronOptions } from "./shared/neurons";
import { pathOptions, type PathOptions } from "./shared/pathOptions";
import { quadrature } from "./shared/quadrature";

export const neuronConductance = defineMethod({
  name: "neuron-conductance",
  title: "Neuron conductance",
  gives: "image",
  plain: true,
  needsLayer: true,
  options: ["neuron", ...pathOptions],
  async attribute(
    call,
    { neuron, baseline = 0, steps = 50, rule = "gausslegendre" }: NeuronOptions & PathOptions,
  ) {
    const at = neuronOf(call, "neuron-conductance", neuron);
    const { images } = call;
    const { alphas, weights } = quadrature(rule, steps);
    const from = baselineOf(call, baseline);
    const path = alongPath(call, from.data, alphas);
    const through = new Float64Array(path.count);
    await eachLayerGradient(call, path, at.layer.value, (row, _, g) => {
      through[row] = g[at.place]!;
    });
    const map = sums(images.shape[0]!, images.shape.slice(1));
    await eachNeuronGradient(call, path, at, (row, g) =>
      map.add(Math.floor(row / steps), g, weights[row % steps]! * through[row]!),
    );
    map.data.forEach((g, i) => (map.data[i] = g * (images.data[i]! - from.data[i]!)));
    return { map: map.tensor(), layer: at.layer.name };
  },
});
