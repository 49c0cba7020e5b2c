// Lowers a model to an ONNX graph. Its inputs and outputs are channels last as in Keras; inside, ONNX operators need
// channels first. Values are transposed once, where a layer needs another layout, so that a CNN transposes only its
// inputs and outputs. Weights are rearranged when the graph is built.
import {
  CajalError,
  checkArgument,
  checkOptions,
  isCajalError,
  unknownName,
  type Weights,
} from "@cajal/core";
import { GraphBuilder, type Dim, type OnnxModel, type Value } from "@cajal/onnx/builder";
import type { KerasShape } from "../layers/definition/shape";
import { foldWeights, foldPaddings, type FoldedWeights } from "./folding";
import type { Layout } from "../layers/definition/layer";
import { convert } from "../layers/shared/layouts";
import { lowerLayer, type Surroundings } from "./lowerLayer";
import { withLayouts, layoutFor, type ValueLayouts } from "./layouts";
import {
  resolve,
  type Call,
  type Model,
  type Network,
  type NetworkValue,
} from "../network/network";
import { cast, integersOf, rounded, widenValue } from "../layers/shared/integers";
import { maskValues } from "../network/maskValues";
import { outputNames } from "../network/outputNames";
import type { NetworkLayer } from "../network/planNode";
import type { ResolveOptions } from "../keras/registry";
import { constantWeights, type WeightSource } from "./weightSources";

export interface ToOnnxOptions extends ResolveOptions {
  /** Names of layers whose outputs become outputs of the graph too, after the model's own, under these names. */
  readonly outputs?: readonly string[];
}

/**
 * The model for inference as an ONNX model: weights are constants, the batch is free, inputs and outputs have Keras'
 * layout (images NHWC). A BatchNormalization is folded into the convolution or dense layer before it, unless
 * another layer reads that layer's output.
 *
 * Inputs have the names of the InputLayers, outputs those of the layers that compute them.
 *
 * @param weights `layer/weight` → tensor in Keras' layout; see `weightSpecs`
 * @throws CajalError as `resolve`; `bad-model` (a weight is missing), `bad-shape` (one does not fit)
 */
export function toOnnx(
  model: Model | object | string,
  weights: Weights,
  options: ToOnnxOptions = {},
): OnnxModel {
  checkOptions("toOnnx", options, { outputs: "strings", layers: "array" });
  const { outputs: watchedNames = [], layers } = options;
  checkArgument("toOnnx", "weights", weights, "map");
  checkArgument("toOnnx", "outputs", watchedNames, "strings");
  const network = resolve(model, { layers });
  const g = new GraphBuilder({ name: network.name });
  const inputs = declareInputs(g, network);
  const { outputs, watched: watchedValues } = lowerNetwork(g, network, {
    inputs,
    weights,
    watch: watchedNames,
  });
  const names = outputNames(network);
  outputs.forEach((value, i) => g.output(value, names[i]!));
  for (const [name, value] of watchedValues) if (!names.includes(name)) g.output(value, name);
  return g.build();
}

export interface LowerOptions extends ResolveOptions {
  /** The model's inputs in Keras' layout: images NHWC. */
  readonly inputs: readonly Value[];
  /** Constants by their keys, or a source of weights such as `inputWeights`. Only constants are folded. */
  readonly weights: Weights | WeightSource;
  /** Batch statistics, dropout and moving averages. Default false. */
  readonly training?: boolean;
  /** This step's seed, an int64 scalar; required where layers draw random numbers. */
  readonly seed?: Value;
  /** Paths of further frozen layers, besides those with `trainable: false`: they normalize as in inference. */
  readonly frozen?: ReadonlySet<string>;
  /** Paths of layers that compute in training as in inference, as Keras' `training=False` in a call. */
  readonly inferenceMode?: ReadonlySet<string>;
  /** Names of layers whose outputs are returned too. */
  readonly watch?: readonly string[];
}

export interface Lowered {
  /** The model's outputs in Keras' layout. */
  readonly outputs: readonly Value[];
  /** The new values of weights that training changes without gradients: `layer/moving_mean`. */
  readonly updates: ReadonlyMap<string, Value>;
  /** Activity regularization, which is added to the loss in training: outputs of layers, one for each call, and their Keras regularizers. */
  readonly activities: readonly Activity[];
  /** The outputs of the requested layers in Keras' layout. */
  readonly watched: ReadonlyMap<string, Value>;
  /** The same outputs as the following layers read them. */
  readonly within: ReadonlyMap<string, LoweredValue>;
}

export interface Activity {
  readonly layer: string;
  readonly regularizer: NonNullable<NetworkLayer["activityRegularizer"]>;
  /** In its own layout; the batch comes first. */
  readonly value: Value;
}

/** A layer's output in a graph. */
export interface LoweredValue {
  readonly value: Value;
  /** Its shape in Keras, the batch null. */
  readonly shape: KerasShape;
  /** The shape of the image that was flattened, [height, width, channels], where the elements are in channels-first order. */
  readonly flattened: readonly number[] | undefined;
  /** Whether its axis 1 are the channels, which in Keras are its last axis. */
  readonly channelsFirst: boolean;
  /** Converts from this value's layout to Keras'; adds nodes to `g`, which may be another graph. */
  toKeras(g: GraphBuilder, value: Value): Value;
  /** Converts from Keras' layout to this value's. */
  fromKeras(g: GraphBuilder, value: Value): Value;
}

/**
 * Adds a model's operators to a graph.
 *
 * @throws CajalError as {@link toOnnx}
 */
export function lower(
  g: GraphBuilder,
  model: Model | object | string,
  options: LowerOptions,
): Lowered {
  checkBuilder("lower", g);
  checkArgument("lower", "options", options, "object");
  checkArgument("lower", "inputs", options.inputs, "array");
  if (typeof options.weights !== "function")
    checkArgument("lower", "weights", options.weights, "map");
  return lowerNetwork(g, resolve(model, { layers: options.layers }), options);
}

/** Declares the graph's inputs for those of a network; the batch is free where the config leaves it free. */
export function declareInputs(g: GraphBuilder, network: Network): Value[] {
  checkBuilder("declareInputs", g);
  checkArgument("declareInputs", "network", network, "object");
  checkArgument("declareInputs", "network.inputs", network.inputs, "array");
  // In Keras free extents of several inputs have nothing to do with one another; of one name they would be the same.
  const images = network.inputs.filter(
    ({ shape }) => shape.length === 4 && shape.slice(1).includes(null),
  );
  return network.inputs.map(({ shape, dtype, from }) =>
    g.input(from, dtype, shape.map(nameOfFree(images.length > 1 ? undefined : shape.length))),
  );
}

/** Checks that a value is a GraphBuilder. */
function checkBuilder(where: string, g: GraphBuilder): void {
  checkArgument(where, "g", g, "object");
  checkArgument(where, "g.input", g.input, "function");
}

const nameOfFree =
  (rank: number | undefined) =>
  (extent: number | null, axis: number): Dim => {
    if (extent !== null) return extent;
    if (axis === 0) return "batch";
    return rank === 4 && axis < 3 ? ["height", "width"][axis - 1] : undefined;
  };

function lowerNetwork(
  g: GraphBuilder,
  network: Network,
  { inputs, weights, training = false, seed, frozen, inferenceMode, watch = [] }: LowerOptions,
): Lowered {
  const updates = new Map<string, Value>();
  const activities: Activity[] = [];
  const valueLayouts = new Map<NetworkValue, ValueLayouts>();
  const watchedValues = valuesOf(network, watch);
  const paddings = foldPaddings(network, watchedValues.keys());
  const folded =
    training || typeof weights === "function"
      ? noFoldedWeights
      : foldWeights(network, weights, watchedValues.keys());
  const source =
    typeof weights === "function" ? weights : constantWeights(g, withFolded(weights, folded));
  const seeds = { drawn: 0 };
  const ofTheirOwn = new Set<NetworkValue>(watchedValues.keys());
  for (const { inner, inputs } of network.calls)
    for (const i of inner.definition.sources ?? []) ofTheirOwn.add(inputs[i]!);
  const casts = new Map<string, Value>();
  /** A value in the type that a layer computes in, cast once for all layers. */
  const typed = (value: Value, { inner, dtype }: Call): Value => {
    const key = `${value.name} ${dtype} ${integersOf(inner)}`;
    const cached = casts.get(key);
    if (cached) return cached;
    const own = cast(g, value, dtype);
    const integers = integersOf(inner);
    const result =
      integers === "computes"
        ? widenValue(g, own)
        : integers === "rounds"
          ? cast(g, own, "float32")
          : own;
    casts.set(key, result);
    return result;
  };

  const maskValue = maskValues(g, (value) => valueLayouts.get(value)!.in("channelsLast"));

  network.inputs.forEach((value, i) =>
    valueLayouts.set(value, withLayouts(g, value.shape, inputs[i]!)),
  );
  for (const call of network.calls) {
    const { layer, inner } = call;
    if (inner.definition.isInput) continue;
    const isPassedThrough = paddings.skippedCalls.has(call) || folded.skippedCalls.has(call);
    if (isPassedThrough) {
      // The next layer pads, or the one before normalizes: the value goes through as it is.
      valueLayouts.set(call.outputs[0]!, valueLayouts.get(call.inputs[0]!)!);
      continue;
    }
    const specs = new Map(layer.weights.map((weight) => [weight.name, weight]));
    const own: Surroundings = {
      g,
      training: training && !inferenceMode?.has(layer.path),
      trainable: layer.trainable && !frozen?.has(layer.path),
      isFrozen: (part) => frozen?.has(`${layer.path}/${part}`) ?? false,
      masks: (call.masks ?? []).map((mask) => mask && maskValue(mask)),
      attentionMask: call.attentionMask && maskValue({ kind: "value", of: call.attentionMask }),
      padding: paddings.borders.get(call),
      weight: (name, steps) => {
        const key = `${layer.path}/${name}`;
        // A layer that is called twice updates what its first call left.
        const updatedWeight = updates.get(key);
        if (updatedWeight) return updatedWeight;
        const spec = folded.weights.get(key)?.weight ?? specs.get(name);
        if (!spec) throw unknownName(`weight of layer "${layer.path}"`, name, specs.keys());
        return source(spec, steps);
      },
      update: (name, value) => void updates.set(`${layer.path}/${name}`, value),
      regularize: (value, regularizer) => {
        if (value.dtype === "float32") activities.push({ layer: layer.path, regularizer, value });
      },
      dtype: call.dtype,
      source: (i) => {
        const { layouts, in: valueIn } = valueLayouts.get(call.inputs[i]!)!;
        const [layout] = layouts as readonly [Layout];
        return { value: valueIn(layout), layout };
      },
      seed: () => {
        if (call.dtype !== "float32")
          throw new CajalError(
            "unsupported",
            `layer "${layer.path}" (${layer.className}): it draws random numbers in training, and its inputs are ${call.dtype}, expected float32.`,
            { layer: layer.path, dtype: call.dtype },
          );
        if (!seed)
          throw new CajalError(
            "bad-argument",
            `layer "${layer.path}" (${layer.className}) draws random numbers: lowering for training needs a seed.`,
            { layer: layer.path },
          );
        return g.add(seed, 7919 * ++seeds.drawn);
      },
    };
    const config = folded.configs.get(call) ?? inner.config;
    const inputValues = call.inputs.map((value) => valueLayouts.get(value)!);
    const layout = layoutFor(inner, inputValues);
    const result = withLayerName(layer, () =>
      g.within(layer.path, () =>
        lowerLayer(
          { ...inner, config },
          inputValues.map((value) => typed(value.in(layout), call)),
          call.inputs.map(({ shape }) => shape),
          layout,
          own,
        ),
      ),
    );
    const regularizer = layer.activityRegularizer;
    if (regularizer) for (const value of result.values) own.regularize(value, regularizer);
    call.outputs.forEach((value, i) => {
      const computed = result.values[i]!;
      const whole = integersOf(inner) === "rounds" ? rounded(g, computed, value.dtype) : computed;
      const own = cast(g, whole, value.dtype);
      // Of a layer that gives what it takes, as Dropout, a gradient by its output is not one by its input.
      const isTaken = ofTheirOwn.has(value) && inputValues.some((each) => each.in(layout).name === own.name); // prettier-ignore
      const given = isTaken ? g.within(layer.path, () => g.identity(own)) : own;
      valueLayouts.set(value, withLayouts(g, value.shape, given, result.layouts[i]!));
    });
  }
  const asKeras = (value: NetworkValue) => valueLayouts.get(value)!.in("channelsLast");
  const within = (value: NetworkValue): LoweredValue => {
    const { layouts, in: valueIn } = valueLayouts.get(value)!;
    const [layout] = layouts as readonly [Layout];
    const { shape } = value;
    return {
      value: valueIn(layout),
      shape,
      flattened: typeof layout === "object" ? layout.flattened : undefined,
      channelsFirst: layout === "channelsFirst",
      toKeras: (h, like) => convert(h, like, shape, layout, "channelsLast"),
      fromKeras: (h, like) => convert(h, like, shape, "channelsLast", layout),
    };
  };
  return {
    outputs: network.outputs.map(asKeras),
    updates,
    activities,
    watched: new Map([...watchedValues].map(([value, name]) => [name, asKeras(value)])),
    within: new Map([...watchedValues].map(([value, name]) => [name, within(value)])),
  };
}

/** Adds the layer's name to an error that does not have it. */
function withLayerName<T>({ path, className }: NetworkLayer, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (!isCajalError(cause) || cause.message.includes(`layer "${path}"`)) throw cause;
    throw new CajalError(
      cause.code,
      `layer "${path}" (${className}): ${cause.message}`,
      { ...cause.facts, layer: path },
      { cause },
    );
  }
}

const noFoldedWeights: FoldedWeights = {
  skippedCalls: new Set(),
  configs: new Map(),
  weights: new Map(),
};

const withFolded = (weights: Weights, folded: FoldedWeights): Weights =>
  new Map([...weights, ...[...folded.weights].map(([key, { tensor }]) => [key, tensor] as const)]);

/** The first output of each layer of those names. */
function valuesOf(network: Network, names: readonly string[]): ReadonlyMap<NetworkValue, string> {
  const values = new Map<NetworkValue, string>();
  const calls = new Map<string, Call>();
  for (const call of network.calls)
    if (names.length > 0 && !calls.has(call.layer.path)) calls.set(call.layer.path, call);
  for (const name of names) {
    const call = calls.get(name);
    if (!call)
      throw unknownName(
        `layer of "${network.name}"`,
        name,
        network.calls.map(({ layer }) => layer.path),
      );
    values.set(call.outputs[0]!, name);
  }
  return values;
}
