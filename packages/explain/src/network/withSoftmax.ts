// A Keras config whose scores before and behind the softmax are layers, for engine tfjs, which knows no values
// but those of layers.
import { CajalError } from "@cajal/core";
import { readKeras, type LayerEntry, type Model, type ModelConfig } from "@cajal/models";

export interface ScoredModel {
  readonly model: ModelConfig;
  /** Layers: the logits, and their softmax. */
  readonly logits: string;
  readonly softmax: string;
}

/** @throws CajalError `unsupported` where the scores are made inside of a nested model */
export function withSoftmax(given: Model): ScoredModel {
  const model = readKeras(given);
  const { layers, output_layers: outputs } = model.config;
  const [[name]] = outputs as unknown as [[string]];
  const last = layers.find((layer) => layer.name === name)!;
  const config = last.config as Readonly<Record<string, unknown>>;
  if ("layers" in config)
    throw new CajalError(
      "unsupported",
      `the model's scores are those of the nested model "${name}": engine tfjs reads them from a layer. Use engine onnx.`,
      { layer: name },
    );
  const isSoftmax =
    last.class_name === "Softmax" ||
    (last.class_name === "Activation" && config["activation"] === "softmax");
  if (isSoftmax) {
    const [[[before]]] = last.inbound_nodes as unknown as [[[string]]];
    return { model, logits: before, softmax: name };
  }
  // A softmax inside the last layer becomes one behind it.
  const added = `${name}/softmax`.replaceAll("/", "_");
  const linear = { ...last, config: { ...config, activation: "linear" } } as LayerEntry;
  const softmax = {
    name: added,
    class_name: "Activation",
    config: { name: added, activation: "softmax" },
    inbound_nodes: [[[name, 0, 0, {}]]],
  } as unknown as LayerEntry;
  const changed = config["activation"] === "softmax" ? linear : last;
  return {
    model: {
      ...model,
      config: {
        ...model.config,
        layers: [...layers.map((layer) => (layer === last ? changed : layer)), softmax],
        output_layers: [[added, 0, 0]],
      },
    },
    logits: name,
    softmax: added,
  };
}
