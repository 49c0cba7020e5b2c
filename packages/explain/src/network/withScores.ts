// A Keras config whose scores before and behind the softmax or sigmoid are layers, for engine tfjs, which knows no
// values but those of layers.
import { CajalError } from "@cajal/core";
import { readKeras, type LayerEntry, type Model, type ModelConfig } from "@cajal/models";

export interface ScoredModel {
  readonly model: ModelConfig;
  /** Layers: the logits, and the probabilities that become of them. */
  readonly logits: string;
  readonly probabilities: string;
  /** As which of the layers that were there a layer counts that is not one of them, or no longer; undefined for none. */
  readonly countsAs: ReadonlyMap<string, string | undefined>;
}

/**
 * @param classes how many scores there are; of one alone the probability is a sigmoid
 * @throws CajalError `unsupported` where the scores become probabilities inside of a nested model, or come from a layer that is called more than once
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
  const before = ({ inbound_nodes: [call] }: LayerEntry) => call![0]!;
  const last = ownerOf(outputs[0]!);
  const { name } = last;
  let activation = last;
  const laid: string[] = [];
  while (laying.includes(activation.class_name)) {
    laid.push(activation.name);
    activation = ownerOf(before(activation));
  }
  if (givesProbabilities(activation))
    throw new CajalError(
      "unsupported",
      `the model's scores become probabilities inside of the nested model "${activation.name}": engine tfjs reads both from layers outside. Use engine onnx.`,
      { layer: activation.name },
    );
  const kind = activationOf(activation);
  const ends = kind === "softmax" || kind === "sigmoid";
  const alone = ["Softmax", "Activation"].includes(activation.class_name);
  if (ends && alone) {
    const input = ownerOf(before(activation));
    if (activation === last && !isNested(input))
      return { model, logits: input.name, probabilities: name, countsAs: new Map() };
    const logits = entry(`${name}_logits`, "Flatten", {}, before(activation));
    const scores = entry(`${name}_${kind}`, "Activation", { activation: kind }, [logits.name, 0, 0]); // prettier-ignore
    return {
      model: extended(model, [...layers, logits, scores]),
      logits: logits.name,
      probabilities: scores.name,
      countsAs: new Map([logits, scores].map((added) => [added.name, undefined])),
    };
  }
  // An activation inside the last layer with weights becomes one behind all.
  const linear = { ...activation, config: { ...configOf(activation), activation: "linear" } };
  const behind = ends ? kind : classes === 1 ? "sigmoid" : "softmax";
  const flat = isNested(last) ? [entry(`${name}_logits`, "Flatten", {}, outputs[0]!)] : [];
  const { name: logits } = flat[0] ?? last;
  const scores = entry(`${name}_${behind}`, "Activation", { activation: behind }, [logits, 0, 0]);
  const layersAfter = layers.map((layer) => (ends && layer === activation ? linear : layer));
  const added = new Map([...flat, scores].map((layer) => [layer.name, undefined]));
  // From the layer that is linear now to the last one values are others than they were; behind the new activation they are the last one's.
  const changed = [activation.name, ...laid].map((layer) => [layer, undefined] as const);
  return {
    model: extended(model, [...layersAfter, ...flat, scores]),
    logits,
    probabilities: scores.name,
    countsAs: ends ? new Map([...added, ...changed, [scores.name, name]]) : added,
  };
}

/** A nested model has no value of its name in TF.js; a layer behind it has. */
const isNested = ({ config }: LayerEntry) => "layers" in config;

/** Whether a layer is a nested model that ends in a softmax or sigmoid itself. */
function givesProbabilities(layer: LayerEntry): boolean {
  if (!isNested(layer)) return false;
  const { class_name, config } = layer;
  const { layers, output_layers: outputs } = readKeras({ class_name, config }).config;
  const ownerOf = (name: string) => layers.find((layer) => layer.name === name)!;
  let [name, call] = outputs[0]!;
  while (laying.includes(ownerOf(name).class_name))
    [name, call] = ownerOf(name).inbound_nodes[call]![0]!;
  const last = ownerOf(name);
  return ["softmax", "sigmoid"].includes(String(activationOf(last))) || givesProbabilities(last);
}

/** They lay scores otherwise, as MobileNet does behind its activation. */
const laying = ["Reshape", "Flatten"];

const activationOf = ({ class_name: className, config }: LayerEntry): unknown =>
  className === "Softmax" ? "softmax" : (config as Readonly<Record<string, unknown>>)["activation"];

const entry = (
  name: string,
  className: string,
  config: object,
  [input, call, output]: readonly [string, number, number, ...unknown[]],
): LayerEntry => ({
  name: name.replaceAll("/", "_"),
  class_name: className,
  config: { name: name.replaceAll("/", "_"), ...config },
  inbound_nodes: [[[input, call, output, {}]]],
});

/** The model with these layers, the last of which gives its output. */
const extended = (model: ModelConfig, layers: readonly LayerEntry[]): ModelConfig => ({
  ...model,
  config: { ...model.config, layers, output_layers: [[layers.at(-1)!.name, 0, 0]] },
});
