// Models in Keras 3's own form: modules beside class names, inputs as keras tensors, calls of nested models
// from 0 but in `output_layers`.
import { CajalError } from "@cajal/core";
import { writeConfig } from "../layers/definition/readConfig";
import type { Layer } from "../layers/definition/layer";
import type { Registry } from "./registry";
import type { InboundRef, LayerEntry, ModelConfig, TensorRef } from "./config";
import { isModel, isModelJson } from "./isModel";
import { isObject, type Json } from "./json";
import { readModel } from "./readKeras";
import { isRef, readRef } from "./readNodes";
import { maskNames, writtenMask } from "./writtenMasks";
import { activationOf } from "../layers/definition/activations";
import { showConfigValue } from "../layers/definition/shown";

/** What Keras 3's `model.to_json()` writes, a sequential model as a functional one; those within it stay sequential. */
export interface Keras3Config {
  readonly module: "keras.src.models.functional";
  readonly class_name: "Functional";
  readonly config: Readonly<Record<string, unknown>>;
  readonly registered_name: "Functional";
}

/** A layer of the network, by what is asked of it here. */
export interface Shaped {
  readonly name: string;
  readonly outputs: readonly (readonly (number | null)[])[];
  readonly layers?: readonly Shaped[] | undefined;
}

/** What is known of a model beside its JSON. */
export interface Known {
  /** The layers of a model within a layer, see {@link keras3}. */
  shapedOf(model: object): readonly Shaped[];
  /** The operations that a model's masks are made by, see `maskLayers`. */
  masksOf(config: ModelConfig["config"], tensorOf: (ref: TensorRef) => KerasTensor): MaskLayers;
}

/** A value among the arguments of a call. */
export interface KerasTensor {
  readonly class_name: "__keras_tensor__";
  readonly config: {
    readonly shape: readonly (number | null)[];
    readonly dtype: string;
    readonly keras_history: TensorRef;
  };
}

/** The operations that a model's masks are made by. */
export interface MaskLayers {
  readonly layers: readonly Json[];
  /** The argument `mask` of a layer's call, counted from 0; undefined: it has none, or one that no operation makes. */
  maskOf(layer: string, call: number): unknown;
}

/**
 * @param shapedLayers the model's layers in Keras' order, with the shapes of their outputs
 * @throws CajalError `unsupported` for what Keras 3 does not have
 */
export function keras3(
  { config }: ModelConfig,
  registry: Registry,
  shapedLayers: readonly Shaped[],
  known: Known,
): Keras3Config {
  const models = new Map(
    config.layers
      .filter(({ class_name }) => isModel(class_name))
      .map(({ name, class_name }) => [name, class_name]),
  );
  const byName = new Map(shapedLayers.map((layer) => [layer.name, layer]));
  const tensorOf = ([layer, call, index]: TensorRef): KerasTensor => ({
    class_name: "__keras_tensor__",
    config: {
      shape: byName.get(layer)?.outputs[index] ?? [],
      dtype: "float32",
      keras_history: [layer, call, index],
    },
  });
  const tensor = ([layer, call, index]: readonly [string, number, number, ...unknown[]]) =>
    tensorOf([layer, models.has(layer) ? call - 1 : call, index]);
  const masks = known.masksOf(config, tensorOf);
  const entries = new Map(config.layers.map((entry) => [entry.name, entry]));
  // In Keras' order, whatever the model's JSON has; what no output depends on Keras leaves out too.
  const layers = shapedLayers.map((layer) => layerOf(entries.get(layer.name)!, layer));

  function layerOf(
    { class_name, name, config, inbound_nodes }: LayerEntry,
    shapedLayer: Shaped,
  ): Json {
    if (isModel(class_name)) {
      const nested = keras3(
        readModel({ class_name, config }),
        registry,
        shapedLayer.layers ?? [],
        known,
      );
      const trainable = config.trainable !== false;
      return {
        ...(class_name === "Sequential"
          ? asSequential(nested, trainable)
          : { ...nested, config: { ...nested.config, name, trainable } }),
        name,
        inbound_nodes: inbound_nodes.map((refs, call) => argumentsOf(refs, tensor, undefined, masks.maskOf(name, call))), // prettier-ignore
      };
    }
    const { config: read, definition } = registry.read(class_name, name, config);
    const substitute = definition.inKeras3?.(read);
    if (substitute)
      return layerOf({ class_name: substitute.className, name, config: substitute.config, inbound_nodes }, shapedLayer); // prettier-ignore
    const operation = definition.asOperation?.(read);
    if (operation)
      return {
        module: operation.module,
        class_name: operation.className,
        config: { name, ...operation.settings },
        registered_name: operation.className,
        name,
        inbound_nodes: inbound_nodes.map((refs) => ({
          args: withInputs(operation.args, refs.map(tensor)),
          kwargs: withInputs(operation.kwargs, refs.map(tensor)),
        })),
      };
    // Keras finds classes that are not its own by their package, which is "Custom" where none was named.
    const isOwn = registry.added.some(({ className }) => className === definition.className);
    const registered = class_name.includes(">") ? class_name : `Custom>${class_name}`;
    return {
      module: isOwn ? null : "keras.layers",
      class_name: isOwn ? definition.className : class_name,
      config: layerConfig({ name, raw: config, written: writeConfig(definition.fields, read), definition }, (model) => withOneOutput(keras3(readModel(model), registry, known.shapedOf(model), known))), // prettier-ignore
      registered_name: isOwn ? registered : null,
      name,
      inbound_nodes: inbound_nodes.map((refs, call) => argumentsOf(refs, tensor, definition, masks.maskOf(name, call))), // prettier-ignore
    };
  }

  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name: config.name,
      trainable: config.trainable !== false,
      layers: [...layers, ...masks.layers],
      input_layers: config.input_layers,
      // Here a functional model's calls count from 1, as ours do, and a sequential one's from 0.
      output_layers: config.output_layers.map(([layer, call, index]): TensorRef => [
        layer,
        models.get(layer) === "Sequential" ? call - 1 : call,
        index,
      ]),
    },
    registered_name: "Functional",
  };
}

/** Within a layer Keras asks a model for the shape of its output, and wants no list of one. */
function withOneOutput(model: Keras3Config): Keras3Config {
  const outputs = model.config.output_layers as readonly TensorRef[];
  return outputs.length === 1
    ? { ...model, config: { ...model.config, output_layers: outputs[0] } }
    : model;
}

/** A chain of layers as a sequential model within another, whose weights `.weights.h5` has under that class. */
function asSequential({ config }: Keras3Config, trainable: boolean): Json {
  // Without a name and calls of its own, which a chain has no need of.
  // The operations of its masks Keras makes itself.
  const layers = (config.layers as readonly Json[])
    .filter(({ module }) => !String(module).startsWith("keras.src.ops."))
    .map(({ module, class_name, config: own, registered_name }) => ({
      module,
      class_name,
      // Keras freezes the layers of a sequential model only by what they say themselves.
      config: trainable || !isObject(own) || !("trainable" in own) ? own : { ...own, trainable },
      registered_name,
    }));
  return {
    module: "keras",
    class_name: "Sequential",
    config: { name: config.name, trainable, layers },
    registered_name: null,
  };
}

/** Several inputs are a list to layers that merge, and a sequence with its first states to others. */
function argumentsOf(
  refs: readonly InboundRef[],
  tensor: (ref: InboundRef) => object,
  definition: Layer | undefined,
  madeMask: unknown,
): Json {
  const tensors = refs.map(tensor);
  const entries = Object.entries(refs[0]?.[3] ?? {});
  // Masks that are values of the model.
  const masks = entries.flatMap(([key, value]) =>
    maskNames.includes(key) && !writtenMask(value) ? [[key, withTensors(value, tensor)]] : [],
  );
  const options = Object.fromEntries([
    ...entries.filter(([key]) => Object.hasOwn(definition?.callOptions ?? {}, key)),
    ...masks,
    ...(madeMask === undefined ? [] : [["mask", madeMask]]),
  ]) as Json;
  if (definition?.positional) return { args: tensors, kwargs: options };
  if (
    definition
      ? (definition.arity?.[0] ?? 1) > 1 || definition.arity?.[1] === Infinity
      : tensors.length > 1
  )
    return { args: [tensors], kwargs: options };
  const [first, ...states] = tensors;
  return {
    args: [first],
    kwargs: { ...options, ...(states.length > 0 && { initial_state: states }) },
  };
}

/** Arguments of an operation, the tensors in the places that were left for them. */
function withInputs(value: unknown, inputs: readonly object[]): unknown {
  if (Array.isArray(value)) return value.map((each) => withInputs(each, inputs));
  if (!isObject(value)) return value;
  if (typeof value.tensor === "number") return inputs[value.tensor];
  const entries = Object.entries(value).map(([key, each]) => [key, withInputs(each, inputs)]);
  return Object.fromEntries(entries);
}

/** References in a call's arguments as Keras' tensors. */
function withTensors(value: unknown, tensor: (ref: InboundRef) => object): unknown {
  if (!Array.isArray(value)) return value;
  return isRef(value)
    ? tensor([...readRef(value, "mask"), {}])
    : value.map((each) => withTensors(each, tensor));
}

/** Of a layer, and of those within it: a wrapper's, a recurrent layer's cells. */
function checkActivations(where: string, config: object): void {
  for (const [key, value] of Object.entries(config) as [string, unknown][]) {
    if (typeof value === "object" && value !== null) checkActivations(where, value);
    const activation =
      key.endsWith("activation") && typeof value === "string" ? activationOf(value) : undefined;
    if (activation?.keras2Only)
      throw new CajalError(
        "unsupported",
        `${where}, "${key}": Keras 3 has no ${activation.keras2} as Keras 2 has it. Write the form of Keras 2, which TF.js reads, or ONNX.`,
        { key },
      );
  }
}

interface WrittenLayer {
  readonly name: string;
  readonly raw: Json;
  readonly written: Json;
  readonly definition: Layer;
}

function layerConfig(
  { name, raw, written, definition }: WrittenLayer,
  modelWithin: (model: { readonly class_name: string; readonly config: object }) => object,
): Json {
  if (definition.isInput) {
    const { batch_input_shape, dtype, sparse, ragged } = written;
    return { batch_shape: batch_input_shape, dtype, sparse, ragged, name };
  }
  // What nobody has said Keras knows itself; some of its versions do not take the key.
  const statedEntries = Object.entries(written).filter(
    ([key, value]) => value !== null || definition.fields[key]?.absent !== null,
  );
  checkActivations(`layer "${name}" (${definition.className})`, written);
  for (const [entry, [key, value]] of statedEntries.entries())
    if (isModelJson(value)) statedEntries[entry] = [key, modelWithin(value)];
  const config = statedEntries.map(([key, value]): [string, unknown] => [
    key,
    withModule(key, value, "keras.layers"),
  ]);
  return {
    name,
    // Some layers without weights do not take the key.
    ...(definition.weights && { trainable: raw.trainable !== false }),
    dtype: "float32",
    ...Object.fromEntries(config),
    ...(raw.activity_regularizer
      ? {
          activity_regularizer: withModule(
            "activity_regularizer",
            raw.activity_regularizer,
            "keras.layers",
          ),
        }
      : {}),
  };
}

/** Where Keras 3 looks for what stands under a key of a layer's config, if not among layers. */
function moduleOf(key: string): string | undefined {
  if (key === "dtype") return "keras.dtype_policies";
  if (key === "quantization_config") return "keras.quantizers";
  return ["initializer", "regularizer", "constraint", "quantizer"]
    .filter((kind) => key.endsWith(`_${kind}`))
    .map((kind) => `keras.${kind}s`)[0];
}

/** A wrapped layer, an initializer and the like, with the module that Keras 3 looks for. */
function withModule(key: string, value: unknown, outerKey: string): unknown {
  // The cells of StackedRNNCells.
  if (Array.isArray(value)) return value.map((each) => withModule(key, each, outerKey));
  if (typeof value !== "object" || value === null) return value;
  if (!("class_name" in value) || !("config" in value) || isModelJson(value)) return value;
  const { class_name, config } = value;
  if (typeof config !== "object" || config === null)
    throw new CajalError(
      "bad-model",
      `got ${showConfigValue(value)}, expected { class_name, config }.`,
    );
  const module = moduleOf(key) ?? outerKey;
  const innerEntries = Object.entries(config).map(([key, each]: [string, unknown]) => [
    key,
    withModule(key, each, module),
  ]);
  return {
    module,
    class_name,
    config: Object.fromEntries(innerEntries),
    registered_name: null,
  };
}
