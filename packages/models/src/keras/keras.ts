// Models as Keras' JSON. In: Keras 2 and TF.js (functional and sequential, `model.json` of TF.js too)
// and Keras 3 (`{module, class_name, config, registered_name}`, inputs as `keras_history`). Out: the
// form of Keras 2, which Keras 3 and `tf.models.modelFromJSON` read as well. Configs mean what they mean
// in Keras 3; where JSON says that it comes from an older Keras or TF.js, what differs is translated.
import { CajalError } from "@cajal/core";
import type { InboundRef, LayerEntry, ModelConfig, TensorRef } from "./config";
import { writeConfig } from "../layers/definition/fields";
import { readLayer } from "../network/registry";

type Json = Readonly<Record<string, unknown>>;

/** Class names of models. */
export const isModel = (className: string): boolean =>
  className === "Functional" || className === "Model" || className === "Sequential";

/**
 * Reads a model's JSON, object or text; its layers' configs stay as they are.
 *
 * @throws CajalError `bad-model` when it is not a model of Keras or TF.js
 */
export function readKeras(model: object | string): ModelConfig {
  const {
    class_name,
    config: given,
    old,
  } = unwrapped(typeof model === "string" ? parsed(model) : model);
  const config = old ? objectOf(asKeras3(given), "model") : given;
  if (class_name === "Sequential") return fromSequential(config);
  const name = typeof config.name === "string" ? config.name : "model";
  const where = `model "${name}"`;
  return {
    class_name: "Functional",
    config: {
      name,
      layers: listOf(config.layers, `${where}, "layers"`).map((entry, i) =>
        readEntry(entry, `${where}, layer ${i}`),
      ),
      input_layers: readRefs(config.input_layers, `${where}, "input_layers"`),
      output_layers: readRefs(config.output_layers, `${where}, "output_layers"`),
    },
  };
}

/**
 * A model as Keras 2 and TF.js write and read it: every layer's config in full, under the names of
 * old (`alpha` for LeakyReLU's slope), with nested models kept. An activation that only older Keras has
 * is written by its name there, with the `keras_version` that says so.
 *
 * @example tf.models.modelFromJSON(toKerasJson(lenet5()))
 */
export function toKerasJson(model: object | string): ModelConfig {
  const written = toKeras2(model);
  const old = replaceActivation(written.config, keras2HardSigmoid, "hard_sigmoid");
  return old === written.config ? written : { ...written, config: old, keras_version: "2.15.0" };
}

function toKeras2(model: object | string): ModelConfig {
  const { config } = readKeras(model);
  const first = firstCalls(config);
  const counted = (layer: string, call: number) => (first.get(layer) === 0 ? call + 1 : call);
  return {
    class_name: "Model",
    config: {
      ...config,
      layers: config.layers.map(({ class_name, name, config, inbound_nodes }): LayerEntry => {
        const nested = isModel(class_name) ? toKeras2({ class_name, config }) : undefined;
        return {
          class_name: nested?.class_name ?? class_name,
          name,
          config: nested ? { ...nested.config } : layerConfig(class_name, name, config),
          inbound_nodes: inbound_nodes.map((node) =>
            node.map(([layer, call, ...rest]) => [layer, counted(layer, call), ...rest] as const),
          ),
        };
      }),
      output_layers: config.output_layers.map(([layer, call, tensor]) => [
        layer,
        counted(layer, call),
        tensor,
      ]),
    },
  };
}

/**
 * The index of each nested model's first call. Keras 2 and TF.js count from 1, call 0 being a model's
 * own making; Keras 3 counts from 0, as all do for layers. The highest index referred to tells which.
 */
export function firstCalls({
  layers,
  output_layers,
}: ModelConfig["config"]): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  const see = ([name, call]: readonly [string, number, ...unknown[]]) =>
    highest.set(name, Math.max(call, highest.get(name) ?? 0));
  for (const { inbound_nodes } of layers) inbound_nodes.flat().forEach(see);
  output_layers.forEach(see);
  return new Map(
    layers
      .filter(({ class_name }) => isModel(class_name))
      .map(({ name, inbound_nodes }) => [name, highest.get(name) === inbound_nodes.length ? 1 : 0]),
  );
}

/** A layer's config in full, by the names that Keras 2 and TF.js know. */
function layerConfig(className: string, name: string, given: Json): Json {
  const { config, definition } = readLayer(className, name, given);
  const written = writeConfig(definition.fields, config);
  if (className === "InputLayer") return { name, ...written };
  for (const [old, field] of Object.entries(definition.aliases ?? {}))
    if (field in written) {
      written[old] = written[field];
      delete written[field];
    }
  // Keras 2 and TF.js say swish; Keras 3 understands both.
  for (const [key, value] of Object.entries(written))
    if (value === "silu" && key.endsWith("activation")) written[key] = "swish";
  return { name, trainable: given.trainable !== false, dtype: "float32", ...written };
}

function parsed(text: string): object {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json;
  } catch (cause) {
    throw new CajalError(
      "bad-file",
      `the model is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      {},
      { cause },
    );
  }
  throw notAModel(text.slice(0, 40));
}

/**
 * Steps into what Keras and TF.js wrap around a model: `model_config`, `modelTopology`. `old`: it says
 * that a Keras before 3, or TF.js, wrote it.
 */
function unwrapped(
  model: object,
  inOld = false,
): { class_name: string; config: Json; old: boolean } {
  const version = "keras_version" in model ? String(model.keras_version) : undefined;
  const old = version === undefined ? inOld : /^([012]\.|tfjs)/.test(version);
  for (const key of ["modelTopology", "model_config"])
    if (key in model) {
      const inner: unknown = Object.entries(model).find(([name]) => name === key)?.[1];
      if (typeof inner === "object" && inner !== null) return unwrapped(inner, old);
      if (typeof inner === "string") return unwrapped(parsed(inner), old);
    }
  const class_name = "class_name" in model ? model.class_name : undefined;
  const config = "config" in model ? model.config : undefined;
  if (typeof class_name !== "string") throw notAModel(Object.keys(model).join(", "));
  if (!isModel(class_name))
    throw new CajalError(
      "bad-model",
      `got class_name ${JSON.stringify(class_name)}, expected Functional, Model or Sequential.`,
      { class_name },
    );
  // Keras 1 and 2.2 wrote a sequential model's config as the list of its layers.
  if (Array.isArray(config)) return { class_name, config: { layers: config }, old };
  if (typeof config !== "object" || config === null)
    throw new CajalError("bad-model", `a ${class_name} model without a config.`, { class_name });
  return { class_name, config: { ...config }, old };
}

/** What Keras 2 and TF.js call hard_sigmoid, in a name of ours: clip(0.2 x + 0.5, 0, 1). */
const keras2HardSigmoid = "keras2_hard_sigmoid";

/** The config of an older Keras, or a part of it, with the meaning that it has in Keras 3. */
function asKeras3(given: unknown): unknown {
  return withResets(replaceActivation(given, "hard_sigmoid", keras2HardSigmoid));
}

/** The same where nothing is replaced. */
function replaceActivation<T>(given: T, name: string, by: string): T {
  return rewritten(given, (key, value) =>
    key.endsWith("activation") && value === name ? by : value,
  );
}

/** A GRU that did not say how it resets did so before its product. */
function withResets(given: unknown): unknown {
  return rewritten(given, (_, value) => {
    if (typeof value !== "object" || value === null) return value;
    if (!("class_name" in value) || value.class_name !== "GRU" || !("config" in value))
      return value;
    return { ...value, config: { reset_after: false, ...objectOf(value.config, "GRU") } };
  });
}

/** JSON with `change` applied to every property, innermost first; itself where nothing changes. */
function rewritten<T>(given: T, change: (key: string, value: unknown) => unknown): T {
  if (typeof given !== "object" || given === null) return given;
  let changed = false;
  const entries = Object.entries(given).map(([key, value]: [string, unknown]) => {
    const now = change(key, rewritten(value, change));
    changed ||= now !== value;
    return [key, now] as const;
  });
  if (!changed) return given;
  return (
    Array.isArray(given) ? entries.map(([, value]) => value) : Object.fromEntries(entries)
  ) as T;
}

const notAModel = (got: string) =>
  new CajalError(
    "bad-model",
    `got an object with ${got || "nothing in it"}, expected a Keras model: { class_name, config }, or TF.js' { modelTopology }.`,
    { got },
  );

function readEntry(given: unknown, where: string): LayerEntry {
  const entry = objectOf(given, where);
  const config = objectOf(entry.config, `${where}, "config"`);
  const name = entry.name ?? config.name;
  if (typeof entry.class_name !== "string" || typeof name !== "string")
    throw new CajalError("bad-model", `${where}: expected a class_name and a name.`, { where });
  const nodes = listOf(entry.inbound_nodes ?? [], `${where} "${name}", "inbound_nodes"`);
  const read = (node: unknown) => readNode(node, `${where} "${name}", "inbound_nodes"`);
  // Old files write one call's inputs without the list of calls around them.
  const flat = nodes.length > 0 && nodes.every((node) => Array.isArray(node) && isRef(node));
  return {
    class_name: entry.class_name,
    name,
    config,
    inbound_nodes: (flat ? [nodes] : nodes).map(read).filter((node) => node.length > 0),
  };
}

const isRef = (given: readonly unknown[]) =>
  typeof given[0] === "string" && typeof given[1] === "number";

/** One call's inputs, of Keras 2 ([[layer, node, tensor, kwargs], …]) or Keras 3 ({args, kwargs}). */
function readNode(given: unknown, where: string): InboundRef[] {
  if (Array.isArray(given)) return given.map((ref: unknown) => readInbound(ref, where));
  const { args, kwargs } = objectOf(given, where);
  const tensors = kerasTensors(args, where);
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(objectOf(kwargs ?? {}, where)))
    // The states that a recurrent layer starts from are inputs like any other.
    if (key === "initial_state" || key === "inputs") tensors.push(...kerasTensors(value, where));
    else rest[key] = value;
  return tensors.map(([layer, node, tensor]) => [layer, node, tensor, rest]);
}

/** All tensors of Keras 3's arguments, in order. */
function kerasTensors(given: unknown, where: string): TensorRef[] {
  if (Array.isArray(given)) return given.flatMap((each: unknown) => kerasTensors(each, where));
  if (given === null || given === undefined) return [];
  const config = typeof given === "object" && "config" in given ? given.config : undefined;
  if (typeof config !== "object" || config === null || !("keras_history" in config))
    throw new CajalError(
      "unsupported",
      `${where}: got the argument ${JSON.stringify(given)}, expected tensors alone.`,
      { where, got: given },
    );
  return [readRef(config.keras_history, where)];
}

function readInbound(given: unknown, where: string): InboundRef {
  const [layer, node, tensor] = readRef(given, where);
  const kwargs: unknown = Array.isArray(given) ? given[3] : undefined;
  return [layer, node, tensor, objectOf(kwargs ?? {}, where)];
}

function readRefs(given: unknown, where: string): TensorRef[] {
  // Newer Keras leaves the outer list away where there is one, and writes dicts for named ones.
  if (Array.isArray(given) && isRef(given)) return [readRef(given, where)];
  const list: unknown[] = Array.isArray(given) ? given : Object.values(objectOf(given, where));
  return list.map((ref) => readRef(ref, where));
}

function readRef(given: unknown, where: string): TensorRef {
  const [layer, node, tensor]: unknown[] = Array.isArray(given) ? given : [];
  if (typeof layer === "string" && typeof node === "number" && typeof tensor === "number")
    return [layer, node, tensor];
  throw new CajalError(
    "bad-model",
    `${where}: got ${JSON.stringify(given)}, expected [layer, call, output].`,
    { where, got: given },
  );
}

/** A list of layers as a functional model: each takes what the one before gives. */
function fromSequential(config: Json): ModelConfig {
  const name = typeof config.name === "string" ? config.name : "sequential";
  const where = `model "${name}"`;
  const counts = new Map<string, number>();
  const given = listOf(config.layers, `${where}, "layers"`).map((entry, i) => {
    const { class_name, config, name } = objectOf(entry, `${where}, layer ${i}`);
    const read = objectOf(config ?? {}, `${where}, layer ${i}, "config"`);
    if (typeof class_name !== "string")
      throw new CajalError("bad-model", `${where}, layer ${i}: expected a class_name.`, { where });
    const count = counts.get(class_name) ?? 0;
    counts.set(class_name, count + 1);
    const named = name ?? read.name ?? `${class_name.toLowerCase()}_${count}`;
    return { class_name, name: String(named), config: read };
  });
  const first = given[0];
  if (!first) throw new CajalError("bad-model", `${where}: it has no layers.`, { model: name });
  const layers: LayerEntry[] = [];
  if (first.class_name !== "InputLayer") {
    const shape = inputShape(first, config);
    if (!shape)
      throw new CajalError(
        "bad-model",
        `${where}: nothing says the shape of its input; give its first layer "batch_input_shape", or begin with an InputLayer.`,
        { model: name, layer: first.name },
      );
    layers.push({
      class_name: "InputLayer",
      name: `${first.name}_input`,
      config: {
        name: `${first.name}_input`,
        batch_input_shape: shape,
        dtype: first.class_name === "Embedding" ? "int32" : "float32",
      },
      inbound_nodes: [],
    });
  }
  for (const entry of given) {
    const before = layers.at(-1);
    // A nested model's calls count from 1, see network.ts; its only call here is the last there is.
    const call = before && isModel(before.class_name) ? before.inbound_nodes.length : 0;
    layers.push({
      ...entry,
      inbound_nodes: before ? [[[before.name, call, 0, {}]]] : [],
    });
  }
  const last = layers.at(-1)!;
  return {
    class_name: "Functional",
    config: {
      name,
      layers,
      input_layers: [[layers[0]!.name, 0, 0]],
      output_layers: [[last.name, isModel(last.class_name) ? 1 : 0, 0]],
    },
  };
}

/** Where a sequential model's input shape may stand: its first layer, a model in that place, itself. */
function inputShape(first: { class_name: string; config: Json }, sequential: Json): unknown {
  const { batch_input_shape, batch_shape, input_shape } = first.config;
  const own = batch_input_shape ?? batch_shape;
  if (own) return own;
  if (Array.isArray(input_shape)) return [null, ...(input_shape as unknown[])];
  if (sequential.build_input_shape) return sequential.build_input_shape;
  if (!isModel(first.class_name)) return undefined;
  const { config } = readKeras(first);
  const [input] = config.input_layers[0] ?? [];
  const layer = config.layers.find(({ name }) => name === input);
  return layer?.config.batch_input_shape ?? layer?.config.batch_shape;
}

function objectOf(given: unknown, where: string): Json {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return { ...given };
  throw new CajalError("bad-model", `${where}: got ${JSON.stringify(given)}, expected an object.`, {
    where,
  });
}

function listOf(given: unknown, where: string): readonly unknown[] {
  if (Array.isArray(given)) return given;
  throw new CajalError("bad-model", `${where}: got ${JSON.stringify(given)}, expected a list.`, {
    where,
  });
}
