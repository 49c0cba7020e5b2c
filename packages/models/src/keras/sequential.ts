// A sequential model as a functional one: each layer takes what the one before gives.
import { CajalError } from "@cajal/core";
import { inputLayer } from "../layers/inputLayer";
import { classNameOf } from "./className";
import { layerOf } from "./layerOf";
import type { LayerEntry, ModelConfig } from "./config";
import { isModel } from "./isModel";
import { listOf, objectOf, type Json } from "./json";
import { showConfigValue } from "../layers/definition/shown";

/**
 * @param readModel reads a model within this one
 * @throws CajalError `bad-model`
 */
export function sequentialAsFunctional(
  config: Json,
  readModel: (model: object) => ModelConfig,
): ModelConfig {
  const name = typeof config.name === "string" ? config.name : "sequential";
  const where = `model "${name}"`;
  const counts = new Map<string, number>();
  const entries = listOf(config.layers, `${where}, "layers"`).map((entry, i) => {
    const { config, name, ...rest } = objectOf(entry, `${where}, layer ${i}`);
    const class_name = classNameOf(rest);
    const read = objectOf(config ?? {}, `${where}, layer ${i}, "config"`);
    if (typeof class_name !== "string")
      throw new CajalError("bad-model", `${where}, layer ${i}: expected a class_name.`, { where });
    const count = counts.get(class_name) ?? 0;
    counts.set(class_name, count + 1);
    const layerName = name ?? read.name ?? `${class_name.toLowerCase()}_${count}`;
    if (typeof layerName !== "string" || layerName === "")
      throw new CajalError(
        "bad-model",
        `${where}, layer ${i} (${class_name}): got the name ${showConfigValue(layerName)}, expected one that is not empty.`,
        { where, name: layerName },
      );
    return { class_name, name: layerName, config: read };
  });
  const first = entries[0];
  if (!first) throw new CajalError("bad-model", `${where}: it has no layers.`, { model: name });
  const layers: LayerEntry[] = [];
  if (first.class_name !== inputLayer.className) {
    const shape = inputShape(first, config, readModel);
    if (!shape)
      throw new CajalError(
        "bad-model",
        `${where}: nothing says the shape of its input; give its first layer "batch_input_shape", or begin with an ${inputLayer.className}.`,
        { model: name, layer: first.name },
      );
    layers.push({
      class_name: inputLayer.className,
      name: `${first.name}_input`,
      config: {
        name: `${first.name}_input`,
        batch_input_shape: shape,
        dtype: layerOf(first.class_name)?.inputType ?? "float32",
      },
      inbound_nodes: [],
    });
  }
  const callOf = (layer: { readonly class_name: string }) => (isModel(layer.class_name) ? 1 : 0);
  for (const entry of entries) {
    const previous = layers.at(-1);
    layers.push({
      ...entry,
      inbound_nodes: previous ? [[[previous.name, callOf(previous), 0, {}]]] : [],
    });
  }
  const last = layers.at(-1)!;
  return {
    class_name: "Functional",
    config: {
      name,
      ...(config.trainable === false && { trainable: false }),
      layers,
      input_layers: [[layers[0]!.name, 0, 0]],
      output_layers: [[last.name, callOf(last), 0]],
    },
  };
}

/** Where a sequential model's input shape may stand: its first layer, a model in that place, itself. */
function inputShape(
  first: { class_name: string; config: Json },
  sequential: Json,
  readModel: (model: object) => ModelConfig,
): unknown {
  const { batch_input_shape, batch_shape, input_shape } = first.config;
  const ownShape = batch_input_shape ?? batch_shape;
  if (ownShape) return ownShape;
  if (Array.isArray(input_shape)) return [null, ...(input_shape as unknown[])];
  if (sequential.build_input_shape) return sequential.build_input_shape;
  if (!isModel(first.class_name)) return undefined;
  const { config } = readModel(first);
  const [input] = config.input_layers[0] ?? [];
  const layer = config.layers.find(({ name }) => name === input);
  return layer?.config.batch_input_shape ?? layer?.config.batch_shape;
}
