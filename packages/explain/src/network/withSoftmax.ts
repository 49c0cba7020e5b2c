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
export function withSoftmax(keras: Model): ScoredModel {
  const model = readKeras(keras);
  const { layers, output_layers: outputs } = model.config;
  const layerNamed = (name: string) => layers.find((layer) => layer.name === name)!;
  const configOf = (layer: LayerEntry) => layer.config;
  const before = ({ inbound_nodes: [call] }: LayerEntry) => call![0]![0];
  const name = outputs[0]![0];
  const last = layerNamed(name);
  const config = configOf(last);
  if ("layers" in config)
    throw new CajalError(
      "unsupported",
      `the model's scores are those of the nested model "${name}": engine tfjs reads them from a layer. Use engine onnx.`,
      { layer: name },
    );
  // Behind its softmax a network may lay scores otherwise, as MobileNet does.
  let activation = last;
  while (["Reshape", "Flatten"].includes(activation.class_name))
    activation = layerNamed(before(activation));
  const isSoftmax =
    activation.class_name === "Softmax" ||
    (activation.class_name === "Activation" && configOf(activation)["activation"] === "softmax");
  if (isSoftmax && activation === last) return { model, logits: before(last), softmax: name };
  if (isSoftmax) {
    const logits = entry(`${name}_logits`, "Flatten", {}, before(activation));
    const softmax = entry(`${name}_softmax`, "Activation", { activation: "softmax" }, logits.name);
    return {
      model: extended(model, [...layers, logits, softmax]),
      logits: logits.name,
      softmax: softmax.name,
    };
  }
  // A softmax inside the last layer becomes one behind it.
  const linear = { ...last, config: { ...config, activation: "linear" } };
  const changed = config["activation"] === "softmax" ? linear : last;
  const softmax = entry(`${name}_softmax`, "Activation", { activation: "softmax" }, name);
  const layersAfter = layers.map((layer) => (layer === last ? changed : layer));
  return { model: extended(model, [...layersAfter, softmax]), logits: name, softmax: softmax.name };
}

const entry = (name: string, className: string, config: object, input: string): LayerEntry => ({
  name: name.replaceAll("/", "_"),
  class_name: className,
  config: { name: name.replaceAll("/", "_"), ...config },
  inbound_nodes: [[[input, 0, 0, {}]]],
});

/** The model with these layers, the last of which gives its output. */
const extended = (model: ModelConfig, layers: readonly LayerEntry[]): ModelConfig => ({
  ...model,
  config: { ...model.config, layers, output_layers: [[layers.at(-1)!.name, 0, 0]] },
});
