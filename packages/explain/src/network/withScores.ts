// A Keras config whose scores before and behind the softmax or sigmoid are layers, for engine tfjs, which knows no
// values but those of layers.
import { CajalError } from "@cajal/core";
import { readKeras, type LayerEntry, type Model, type ModelConfig } from "@cajal/models";

export interface ScoredModel {
  readonly model: ModelConfig;
  /** Layers: the logits, and the probabilities that become of them. */
  readonly logits: string;
  readonly probabilities: string;
}

/**
 * @param classes how many scores there are; of one alone the probability is a sigmoid
 * @throws CajalError `unsupported` where the scores are made inside of a nested model, or by a layer that is called more than once
 */
export function withScores(keras: Model, classes: number | undefined): ScoredModel {
  const model = readKeras(keras);
  const { layers, output_layers: outputs } = model.config;
  const layerNamed = (name: string) => layers.find((layer) => layer.name === name)!;
  const configOf = (layer: LayerEntry) => layer.config;
  /** The layer of an output, by which TF.js finds it: its only output of its only call. */
  const ownerOf = ([name, , output]: readonly [string, number, number, ...unknown[]]) => {
    const layer = layerNamed(name);
    const calls = layer.inbound_nodes.length;
    if (calls > 1 || output !== 0)
      throw new CajalError(
        "unsupported",
        `the model's scores come from ${calls > 1 ? `layer "${name}", which is called ${calls} times` : `output ${output} of layer "${name}"`}: engine tfjs finds them by the layer's name alone. Use engine onnx.`,
        { layer: name },
      );
    return layer;
  };
  const before = ({ inbound_nodes: [call] }: LayerEntry) => ownerOf(call![0]!).name;
  const last = ownerOf(outputs[0]!);
  const { name } = last;
  // Behind its activation a network may lay scores otherwise, as MobileNet does.
  let activation = last;
  while (["Reshape", "Flatten"].includes(activation.class_name))
    activation = layerNamed(before(activation));
  if ("layers" in configOf(activation))
    throw new CajalError(
      "unsupported",
      `the model's scores are those of the nested model "${activation.name}": engine tfjs reads them from a layer. Use engine onnx.`,
      { layer: activation.name },
    );
  const kind = activationOf(activation);
  const ends = kind === "softmax" || kind === "sigmoid";
  const alone = ["Softmax", "Activation"].includes(activation.class_name);
  if (ends && alone && activation === last)
    return { model, logits: before(last), probabilities: name };
  if (ends && alone) {
    const logits = entry(`${name}_logits`, "Flatten", {}, before(activation));
    const scores = entry(`${name}_${kind}`, "Activation", { activation: kind }, logits.name);
    return {
      model: extended(model, [...layers, logits, scores]),
      logits: logits.name,
      probabilities: scores.name,
    };
  }
  // An activation inside the last layer with weights becomes one behind all.
  const linear = { ...activation, config: { ...configOf(activation), activation: "linear" } };
  const behind = ends ? kind : classes === 1 ? "sigmoid" : "softmax";
  const scores = entry(`${name}_${behind}`, "Activation", { activation: behind }, name);
  const layersAfter = layers.map((layer) => (ends && layer === activation ? linear : layer));
  return {
    model: extended(model, [...layersAfter, scores]),
    logits: name,
    probabilities: scores.name,
  };
}

const activationOf = ({ class_name: className, config }: LayerEntry): unknown =>
  className === "Softmax" ? "softmax" : (config as Readonly<Record<string, unknown>>)["activation"];

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
