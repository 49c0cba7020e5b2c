// Models from Keras' JSON: Keras 2 and TF.js (functional and sequential, `model.json` of TF.js too) and
// Keras 3 (`{module, class_name, config, registered_name}`, inputs as `keras_history`). Configs mean what
// they mean in Keras 3; where JSON says that it comes from an older Keras or TF.js, what differs is
// translated.
import { CajalError } from "@cajal/core";
import type { InboundRef, LayerEntry, ModelConfig, TensorRef } from "./config";
import { isModel } from "./isModel";
import { checkDepth, listOf, objectOf, type Json } from "./json";
import { layerOf } from "./layerOf";
import { withoutKeras1 } from "./keras1";
import { classNameOf } from "./className";
import { asKeras3 } from "./olderKeras";
import { parseJson } from "./parseJson";
import { readCalls, readRefs } from "./readNodes";
import { sequentialAsFunctional } from "./sequential";
import { withOperations } from "./operations";
import { withMaskReferences, withoutWrittenMasks } from "./writtenMasks";
import { showConfigValue } from "../layers/definition/shown";

/**
 * Reads a model's JSON; its layers' configs stay as they are.
 *
 * @param model an object, its text, or the bytes of a file (UTF-8, or UTF-16 with a byte order mark)
 * @throws CajalError `bad-file` when it is not JSON, `bad-model` when it is not a model of Keras or TF.js
 */
export function readKeras(model: object | string): ModelConfig {
  const json = typeof model === "string" || model instanceof Uint8Array ? parseJson(model) : model;
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw notAModel(showConfigValue(json));
  checkDepth(json);
  return readModel(json);
}

/** A model within one that `readKeras` has read. */
export function readModel(model: object): ModelConfig {
  const { class_name, config: json, isOld } = unwrapped(model);
  const config = isOld ? objectOf(asKeras3(withoutKeras1(json)), "model") : json;
  if (class_name === "Sequential") return sequentialAsFunctional(config, readModel);
  const name = typeof config.name === "string" ? config.name : "model";
  const where = `model "${name}"`;
  const outputs = readRefs(config.output_layers, `${where}, "output_layers"`);
  const layers = withOperations(
    withoutWrittenMasks(listOf(config.layers, `${where}, "layers"`), outputs),
  );
  const entries = layers.map((entry, i) => readEntry(entry, `${where}, layer ${i}`));
  return {
    class_name: "Functional",
    config: {
      name,
      ...(config.trainable === false && { trainable: false }),
      ...withCallsCounted(
        entries.map(({ entry }) => entry),
        readRefs(config.input_layers, `${where}, "input_layers"`),
        outputs,
        entries.some(({ keras3 }) => keras3),
      ),
    },
  };
}

/**
 * Calls of nested models counted from 1. Keras 2 and TF.js do so, call 0 being a model's own making.
 * Keras 3 counts from 0 among the layers' inputs, and in `output_layers` from 1 for functional models
 * (keras/src/models/functional.py, get_config: "Functional models start with a pre-existing node") and
 * from 0 for sequential ones. In lists, a reference to call 0 says that they count from 0.
 */
function withCallsCounted(
  layers: readonly LayerEntry[],
  input_layers: readonly TensorRef[],
  output_layers: readonly TensorRef[],
  keras3: boolean,
): Pick<ModelConfig["config"], "layers" | "input_layers" | "output_layers"> {
  const models = new Map(
    layers
      .filter(({ class_name }) => isModel(class_name))
      .map(({ name, class_name }) => [name, class_name] as const),
  );
  if (models.size === 0) return { layers, input_layers, output_layers };
  const fromZero = new Set<string>();
  const countCall = ([name, call]: readonly [string, number, ...unknown[]]) => {
    if (call === 0 && models.has(name)) fromZero.add(name);
  };
  if (!keras3) {
    for (const { inbound_nodes } of layers)
      inbound_nodes.forEach((node) => node.forEach(countCall));
    output_layers.forEach(countCall);
  }
  const isAddedInside = (name: string) => models.has(name) && (keras3 || fromZero.has(name));
  const isAddedAtEnd = (name: string) =>
    keras3 ? models.get(name) === "Sequential" : fromZero.has(name);
  const counted = ([name, call, tensor]: TensorRef): TensorRef => [
    name,
    isAddedInside(name) ? call + 1 : call,
    tensor,
  ];
  return {
    layers: layers.map((entry) => ({
      ...entry,
      inbound_nodes: entry.inbound_nodes.map((node) =>
        node.map(([name, call, tensor, kwargs]): InboundRef => [
          ...counted([name, call, tensor]),
          withMaskReferences(kwargs, counted),
        ]),
      ),
    })),
    input_layers,
    output_layers: output_layers.map(([name, call, tensor]): TensorRef => [
      name,
      isAddedAtEnd(name) ? call + 1 : call,
      tensor,
    ]),
  };
}

/**
 * Steps into what Keras and TF.js wrap around a model: `model_config`, `modelTopology`. `old`: it says
 * that a Keras before 3, or TF.js, wrote it.
 */
function unwrapped(model: object): { class_name: string; config: Json; isOld: boolean } {
  let isOld = false;
  for (let at: object = model; ;) {
    const version = "keras_version" in at ? String(at.keras_version) : undefined;
    if (version !== undefined) isOld = /^([012]\.|tfjs)/.test(version);
    const wrappedConfig = Object.entries(at).find(
      ([key, value]: [string, unknown]) =>
        (key === "modelTopology" || key === "model_config") &&
        (typeof value === "string" || (typeof value === "object" && value !== null)),
    );
    if (!wrappedConfig) return { ...namedModel(at), isOld };
    const [, value]: [string, unknown] = wrappedConfig;
    const innerModel = typeof value === "string" ? parseJson(value) : value;
    if (typeof innerModel !== "object" || innerModel === null)
      throw notAModel(showConfigValue(innerModel));
    if (typeof value === "string") checkDepth(innerModel);
    at = innerModel;
  }
}

function namedModel(model: object): { class_name: string; config: Json } {
  const class_name = "class_name" in model ? model.class_name : undefined;
  const config = "config" in model ? model.config : undefined;
  if (typeof class_name !== "string")
    throw notAModel(
      `an object with ${Object.keys(model).slice(0, 20).join(", ") || "nothing in it"}`,
    );
  if (!isModel(class_name))
    throw new CajalError(
      "bad-model",
      `got class_name ${showConfigValue(class_name)}, expected Functional, Model or Sequential.`,
      { class_name },
    );
  // Keras 1 and 2.2 wrote a sequential model's config as the list of its layers.
  if (Array.isArray(config)) return { class_name, config: { layers: config } };
  if (typeof config !== "object" || config === null)
    throw new CajalError("bad-model", `a ${class_name} model without a config.`, { class_name });
  return { class_name, config: { ...config } };
}

const notAModel = (got: string) =>
  new CajalError(
    "bad-model",
    `got ${got}, expected a Keras model: { class_name, config }, or TF.js' { modelTopology }.`,
    { got },
  );

function readEntry(json: unknown, where: string): { entry: LayerEntry; keras3: boolean } {
  const { name: layerName, inbound_nodes, ...entry } = objectOf(json, where);
  const class_name = classNameOf(entry);
  const config = objectOf(entry.config, `${where}, "config"`);
  const name = layerName ?? config.name;
  if (typeof class_name !== "string" || typeof name !== "string" || name === "")
    throw new CajalError(
      "bad-model",
      `${where}: got class_name ${showConfigValue(class_name)} and name ${showConfigValue(name)}, expected a class_name and a name that is not empty.`,
      { where, class_name, name },
    );
  const { calls, keras3 } = readCalls(inbound_nodes, `${where} "${name}", "inbound_nodes"`);
  const className = layerOf(class_name)?.className ?? class_name;
  return { entry: { class_name: className, name, config, inbound_nodes: calls }, keras3 };
}
