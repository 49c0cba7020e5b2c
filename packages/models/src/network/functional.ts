// Builds a model's config by calling layers on values, as in Keras' functional API. Shapes are checked at each call,
// so that an error is thrown where the mistake is.
import {
  CajalError,
  checkArgument,
  checkOptions,
  optionsOf,
  showValue,
  unknownName,
} from "@cajal/core";
import type {
  InboundRef,
  LayerEntry,
  ModelConfig,
  SequentialConfig,
  TensorRef,
} from "../keras/config";
import type { KerasShape } from "../layers/definition/shape";
import type { ConfigInput, Fields, KerasObject } from "../layers/definition/fields";
import type { InnerLayer, Layer } from "../layers/definition/layer";
import type { LayerConfigs } from "../layers";
import { inputLayer } from "../layers/inputLayer";
import { layerCallable, modelCallable, type Callable } from "./callable";
import { readKeras } from "../keras/readKeras";
import { keepLayers } from "./built";
import { layersOf } from "./layersOf";
import { kerasOrder, type CallNode } from "./order";
import { planOf } from "./plan";
import type { Registry } from "../keras/registry";
import { snakeCase } from "../keras/snakeCase";

/** A value of the model under construction. */
export interface Symbolic {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
  /** Batch included. */
  readonly shape: KerasShape;
}

/** Options of every layer, besides its own. */
export interface LayerOptions {
  /** Unique in the model. Default: Keras' own, the class name in snake case, counted. */
  readonly name?: string;
  /** Whether training changes the layer's weights. Default true. */
  readonly trainable?: boolean;
}

/** Options of every layer that is not a model. */
export interface OneLayerOptions extends LayerOptions {
  /** What the layer's outputs add to the loss of training: `{ class_name: "L2", config: { l2: 0.01 } }`. Default nothing. */
  readonly activity_regularizer?: KerasObject;
}

/** Options of an input. */
export interface InputOptions {
  /** Unique in the model. Default: Keras' own, "input_layer", counted. */
  readonly name?: string;
  /** Element type. Default float32. */
  readonly dtype?: string;
  /** The number of examples, where only one number will do. Default: free. */
  readonly batch_size?: number;
}

const inputOptions = optionsOf<InputOptions>({
  name: true,
  dtype: true,
  batch_size: { whole: true, least: 1 },
});

export interface Functional {
  /**
   * An input.
   *
   * @param shape of one example, null where free: [28, 28, 1]
   */
  input(shape: KerasShape, options?: InputOptions): Symbolic;
  /**
   * Calls a new layer and returns its (first) output.
   *
   * @example net.layer("Conv2D", { filters: 6, kernel_size: 5, activation: "tanh" }, image)
   * @throws CajalError `bad-argument`, `unknown-option`, `unknown-name`, `bad-shape`
   */
  layer<Name extends keyof LayerConfigs>(
    className: Name,
    config: LayerConfigs[Name] & OneLayerOptions,
    inputs: Symbolic | readonly Symbolic[],
  ): Symbolic;
  /**
   * Calls a new layer of your own and returns its (first) output. Functions that read the model need its
   * definition: `summary(model, { layers: [definition] })`.
   *
   * @param definition the result of `defineLayer`
   */
  own<F extends Fields>(
    definition: Layer<string, F>,
    config: ConfigInput<F> & OneLayerOptions,
    inputs: Symbolic | readonly Symbolic[],
  ): Symbolic;
  /**
   * Calls a model as one layer, as `base(x)` in Keras, and returns its (first) output. Its weights' keys begin
   * with its name: "base/conv/kernel".
   *
   * @param model may have layers of your own that were passed to `own`
   * @param options.name unique in the model. Default: the nested model's own
   * @throws CajalError as `resolve`
   */
  nested(
    model: ModelConfig | SequentialConfig | object,
    inputs: Symbolic | readonly Symbolic[],
    options?: LayerOptions,
  ): Symbolic;
  /** All outputs of the call that returned `x`, such as those of an LSTM with `return_state`. */
  outputsOf(x: Symbolic): readonly Symbolic[];
  /** Calls the layer that returned `x` again, on other values, with shared weights. */
  again(x: Symbolic, inputs: Symbolic | readonly Symbolic[]): Symbolic;
  /** The model from `inputs` to `outputs`; layers that no output depends on are left out. */
  model(
    inputs: Symbolic | readonly Symbolic[],
    outputs: Symbolic | readonly Symbolic[],
  ): ModelConfig;
}

interface Recorded extends CallNode {
  readonly inputs: readonly Symbolic[];
  readonly outputs: readonly Symbolic[];
  readonly parents: readonly Recorded[];
}

/**
 * Begins a model.
 *
 * @param name the model's name
 */
export function functional(name: string): Functional {
  checkArgument("functional", "name", name, "string");
  const layers = new Map<string, { called: Callable; trainable: boolean; calls: Recorded[] }>();
  const counts = new Map<string, number>();
  const addedLayers = new Map<string, Layer>();
  let registry = layersOf("functional", {});

  const nameFor = (className: string) => {
    const base = snakeCase(className);
    for (;;) {
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      const candidate = count === 0 ? base : `${base}_${count}`;
      if (!layers.has(candidate)) return candidate;
    }
  };

  const callOf = (x: Symbolic) => {
    const { layer, node, tensor } = x;
    const call = layers.get(layer)?.calls[node];
    if (!call)
      throw unknownName(`layer of "${name}", whose output was given`, layer, layers.keys());
    // Layers of two models often have the same names.
    if (call.outputs[tensor] !== x)
      throw new CajalError(
        "bad-argument",
        `model "${name}": the output of "${layer}" that was given is another model's, or a copy. Call layers on what this one's input, layer and own gave.`,
        { model: name, layer },
      );
    return call;
  };

  const call = (layerName: string, inputs: readonly Symbolic[]): Recorded => {
    const { called, calls } = layers.get(layerName)!;
    const parents = inputs.map(callOf);
    const shapes = called.shapes(
      inputs.map(({ shape }) => shape),
      inputs.map(({ layer }) => layer),
    );
    const node = calls.length;
    const outputs = shapes.map((shape, tensor) => ({ layer: layerName, node, tensor, shape }));
    const recordedCall = { layer: layerName, inputs, outputs, parents };
    calls.push(recordedCall);
    return recordedCall;
  };

  const add = (
    className: string,
    { name: ownName, trainable, ...config }: OneLayerOptions & Readonly<Record<string, unknown>>,
    inputs: readonly Symbolic[],
  ) => {
    const layerName = ownName ?? nameFor(className);
    const called = layerCallable(registry.read(className, layerName, config));
    const { activity_regularizer } = config;
    // Of every layer, and so none of the fields that a layer's definition writes.
    const regularized = activity_regularizer
      ? { ...called, config: { ...called.config, activity_regularizer } }
      : called;
    return addCallable(layerName, regularized, trainable, inputs);
  };

  const addCallable = (
    layerName: string,
    called: Callable,
    trainable = true,
    inputs: readonly Symbolic[],
  ) => {
    if (layers.has(layerName))
      throw new CajalError(
        "bad-model",
        `model "${name}": there are two layers of the name "${layerName}"; names must be unique.`,
        { model: name, layer: layerName },
      );
    layers.set(layerName, { called, trainable, calls: [] });
    try {
      return call(layerName, inputs);
    } catch (error) {
      layers.delete(layerName);
      throw error;
    }
  };

  return {
    input(shape, options = {}) {
      checkOptions("input", options, inputOptions);
      const { name, dtype = "float32", batch_size = null } = options;
      checkArgument("input", "shape", shape, "array");
      const config = { name, batch_input_shape: [batch_size, ...shape], dtype };
      return add(inputLayer.className, config, []).outputs[0]!;
    },
    layer(className, config, inputs) {
      checkArgument("layer", "className", className, "string");
      return add(className, { ...config }, listOf("layer", inputs)).outputs[0]!;
    },
    own(definition, config, inputs) {
      checkArgument("own", "definition", definition, "object");
      const existing = addedLayers.get(definition.className);
      // Another definition of a name that is taken is refused.
      registry = layersOf("own", {
        layers:
          existing === definition
            ? [...addedLayers.values()]
            : [...addedLayers.values(), definition],
      });
      addedLayers.set(definition.className, definition);
      return add(definition.className, { ...config }, listOf("own", inputs)).outputs[0]!;
    },
    nested(model, inputs, options = {}) {
      checkOptions("nested", options, ["name", "trainable"]);
      checkArgument("nested", "model", model, "object");
      const read = readKeras(model);
      const { name = read.config.name, trainable = read.config.trainable } = options;
      const called = modelCallable(read, name, registry);
      return addCallable(name, called, trainable, listOf("nested", inputs)).outputs[0]!;
    },
    outputsOf: (x) => callOf(listOf("outputsOf", x)[0]!).outputs,
    again(x, inputs) {
      const [again] = listOf("again", x);
      callOf(again!);
      return call(again!.layer, listOf("again", inputs)).outputs[0]!;
    },
    model(oneOrMoreInputs, oneOrMoreOutputs) {
      const inputs = listOf("model", oneOrMoreInputs);
      const outputs = listOf("model", oneOrMoreOutputs);
      const order = kerasOrder(outputs.map(callOf), inputs.map(callOf));
      const usedCalls = new Set<Recorded>();
      // A set gives what is added while it is walked through.
      for (const symbolic of [...outputs, ...inputs]) usedCalls.add(callOf(symbolic));
      for (const { parents } of usedCalls) for (const parent of parents) usedCalls.add(parent);
      checkInputs(name, inputs, usedCalls);
      // Calls that lead nowhere are left out, and the others counted anew.
      const keptCalls = (layer: string) =>
        layers.get(layer)!.calls.filter((symbolic) => usedCalls.has(symbolic));
      const refTo = (x: Symbolic): TensorRef => [
        x.layer,
        keptCalls(x.layer).indexOf(callOf(x)) + layers.get(x.layer)!.called.firstCall,
        x.tensor,
      ];
      const readLayers = new Map<object, InnerLayer>();
      const inOrderOfLayers: ModelConfig = {
        class_name: "Functional",
        config: {
          name,
          layers: order.map((layerName): LayerEntry => {
            const { called, trainable } = layers.get(layerName)!;
            const { className, isInput, layer } = called;
            const config = {
              name: layerName,
              ...(isInput ? {} : { trainable }),
              ...called.config,
            };
            if (layer) readLayers.set(config, layer);
            return {
              class_name: className,
              name: layerName,
              config,
              inbound_nodes: keptCalls(layerName)
                .filter(({ inputs }) => inputs.length > 0)
                .map(({ inputs }) => inputs.map((x): InboundRef => [...refTo(x), {}])),
            };
          }),
          input_layers: inputs.map(refTo),
          output_layers: outputs.map(refTo),
        },
      };
      const model = [...readLayers.values()].some(makesMask)
        ? inOrderOfMasks(inOrderOfLayers, registry)
        : inOrderOfLayers;
      keepLayers(model, readLayers);
      return model;
    },
  };
}

const makesMask = ({ definition, config }: InnerLayer) =>
  definition.mask?.makes?.(config) !== undefined;

/** The operations that masks are made by count in the order of the layers. */
function inOrderOfMasks(model: ModelConfig, registry: Registry): ModelConfig {
  const { layers } = planOf(model.config, { path: "", trainable: true, registry });
  const entries = new Map(model.config.layers.map((entry) => [entry.name, entry]));
  const ordered = layers.map(({ name }) => entries.get(name)!);
  return { ...model, config: { ...model.config, layers: ordered } };
}

/** Every input that an output depends on must be among the model's inputs. */
function checkInputs(
  name: string,
  inputs: readonly Symbolic[],
  usedCalls: ReadonlySet<Recorded>,
): void {
  const listedInputs = new Set(inputs.map(({ layer }) => layer));
  for (const { layer, parents } of usedCalls)
    if (parents.length === 0 && !listedInputs.has(layer))
      throw new CajalError(
        "bad-model",
        `model "${name}": its outputs depend on the input "${layer}", which is not among its inputs.`,
        { model: name, layer },
      );
}

function listOf(where: string, inputs: Symbolic | readonly Symbolic[]): readonly Symbolic[] {
  const list = Array.isArray(inputs) ? (inputs as readonly Symbolic[]) : [inputs as Symbolic];
  for (const each of list)
    if (typeof each !== "object" || each === null || typeof each.layer !== "string")
      throw new CajalError(
        "bad-argument",
        `${where}: got ${showValue(each)}, expected what input, layer or own gave, or a list of that.`,
        { where },
      );
  return list;
}
