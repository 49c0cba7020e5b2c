// Keras 3 refuses names of layers with slashes, which Keras 2 had: "conv1/conv" of DenseNet, which Keras 3 itself has
// called "conv1_conv" since.
import { CajalError } from "@cajal/core";
import {
  readKeras,
  resolve,
  type InboundRef,
  type ModelConfig,
  type NetworkLayer,
  type TensorRef,
} from "@cajal/models";
import type { WholeModel } from "./format";

const renamed = (name: string) => name.replaceAll("/", "_");

/**
 * The same model with "_" for "/" in its layers' names, and its weights and state under them.
 *
 * @throws CajalError `unsupported` where two layers would have one name
 */
export function withoutSlashes(whole: WholeModel): WholeModel {
  const model = renamedModel(whole.model);
  if (model === whole.model) return whole;
  const network = resolve(model, { layers: whole.network.added });
  const [before, after] = [whole.network, network].map(({ layers }) => layers.flatMap(keysOf));
  const keys = before!.map((key, i) => [key, after![i]!] as const);
  const { optimizerState } = whole;
  const slots = new Map(keys.map(([key, other]) => [`${key}/`, `${other}/`]));
  const slotOf = (name: string) => {
    const at = name.lastIndexOf("/") + 1;
    return (slots.get(name.slice(0, at)) ?? name.slice(0, at)) + name.slice(at);
  };
  return {
    ...whole,
    model,
    network,
    weights: new Map(keys.map(([key, other]) => [other, whole.weights.get(key)!])),
    ...(optimizerState && {
      optimizerState: new Map([...optimizerState].map(([name, value]) => [slotOf(name), value])),
    }),
  };
}

const keysOf = ({ weights, layers = [] }: NetworkLayer): string[] => [
  ...weights.map(({ key }) => key),
  ...layers.flatMap(keysOf),
];

function renamedModel(model: ModelConfig): ModelConfig {
  const { layers, input_layers, output_layers } = model.config;
  const inner = layers.map((entry) => {
    if (!Array.isArray(entry.config.layers)) return entry;
    const nested = readKeras(entry);
    const other = renamedModel(nested);
    return other === nested
      ? entry
      : { ...entry, class_name: other.class_name, config: { ...other.config } };
  });
  if (layers.every((entry, i) => !entry.name.includes("/") && entry === inner[i])) return model;
  const names = layers.map(({ name }) => renamed(name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new CajalError(
      "unsupported",
      `Keras 3 has no "/" in names of layers, and with "_" in its place two would be called "${twice}". Rename one of them.`,
      { layer: twice },
    );
  const to = ([layer, node, tensor]: TensorRef): TensorRef => [renamed(layer), node, tensor];
  return {
    ...model,
    config: {
      ...model.config,
      layers: inner.map((entry, i) => ({
        ...entry,
        name: names[i]!,
        config: { ...entry.config, name: names[i]! },
        inbound_nodes: entry.inbound_nodes.map((refs) =>
          refs.map(([layer, node, tensor, kwargs]): InboundRef => {
            const others = Object.entries(kwargs).map(([key, value]) => [key, refsIn(value)]);
            return [renamed(layer), node, tensor, Object.fromEntries(others)];
          }),
        ),
      })),
      input_layers: input_layers.map(to),
      output_layers: output_layers.map(to),
    },
  };
}

/** References to tensors among a call's arguments, such as masks and states. */
function refsIn(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [layer, node, tensor, ...rest] = value as unknown[];
  return typeof layer === "string" && typeof node === "number" && typeof tensor === "number"
    ? [renamed(layer), node, tensor, ...rest]
    : value.map(refsIn);
}
