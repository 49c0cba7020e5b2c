// A layer whose kernel training divides by its largest singular value (Miyato et al. 2018, arXiv:1802.05957). What
// is saved is the kernel so divided: in inference it is that layer.
// keras.io/api/layers/normalization_layers/spectral_normalization
import { CajalError } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { layer } from "./definition/layerField";

export const spectralNormalization = defineLayer({
  className: "SpectralNormalization",
  fields: {
    /** The layer inside. */
    layer: layer(),
    /** Steps towards the singular value, each time that it trains. */
    power_iterations: f.positive(1),
  },
  shape: ({ layer }, inputs) => layer.definition.shape(layer.config, inputs),
  weights: ({ layer }, inputs) => {
    const innerWeights = layer.definition.weights?.(layer.config, inputs) ?? [];
    const kernel = innerWeights.find(({ name }) => name === "kernel" || name === "embeddings");
    if (!kernel)
      throw new CajalError("bad-argument", `"layer": a ${layer.definition.className} has neither kernel nor embeddings`, {}); // prettier-ignore
    const initializer = { class_name: "TruncatedNormal", config: { mean: 0, stddev: 0.02, seed: null } }; // prettier-ignore
    const vector = { name: "vector_u", shape: [1, kernel.shape.at(-1)!], initializer, trainable: false }; // prettier-ignore
    const prefixedWeights = innerWeights.map((weight) => ({
      ...weight,
      name: `${layer.name}/${weight.name}`,
    }));
    // Keras lists the kernel among the layer's own weights, and so first.
    return [
      prefixedWeights[innerWeights.indexOf(kernel)]!,
      vector,
      ...prefixedWeights.filter((_, i) => innerWeights[i] !== kernel),
    ];
  },
  tracked: ({ layer }) => [
    `${layer.name}/${layer.definition.className === "Embedding" ? "embeddings" : "kernel"}`,
  ],
  parts: ({ layer }) => ({ [layer.name]: { attribute: "layer", layer } }),
  // Keras' layer itself says no mask; that of the output is the one that the layer inside puts on it.
  mask: {
    makes: ({ layer }) => layer.definition.mask?.makes?.(layer.config),
    passes: ({ layer }) => layer.definition.mask?.passes?.(layer.config) ?? false,
    whenRunning: true,
  },
  macs: ({ layer }, inputs, outputs) => layer.definition.macs?.(layer.config, inputs, outputs) ?? 0,
  layout: "channelsLast",
  lower: ({ layer }, inputs, g, { inner, inputs: shapes, training }) => {
    if (training)
      throw new CajalError(
        "unsupported",
        "its kernel is divided anew in every step, which Cajal does not train; put the layer inside in its place, which has the divided kernel",
        {},
      );
    return inner(layer, inputs, { shapes, layout: "channelsLast" }).values;
  },
  samples: [
    { config: { layer: { class_name: "Dense", config: { units: 3 } } }, inputs: [[2, 4]], inferenceOnly: true },
    { config: { layer: { class_name: "Conv2D", config: { filters: 2, kernel_size: 3 } } }, inputs: [[1, 5, 4, 2]], inferenceOnly: true },
  ], // prettier-ignore
});
