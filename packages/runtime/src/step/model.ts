// What a training step asks of a model, the same for every engine: its trainable weights, and what
// its last activation is applied to. Here for Keras models; graph.ts has ONNX graphs.
import { CajalError, unknownName, type DType, type Shape } from "@cajal/core";
import {
  resolve,
  type KerasShape,
  type Layer,
  type ModelConfig,
  type ModelWeight as WeightOfModel,
  type NetworkLayer,
} from "@cajal/models";
import type { Dim, OnnxModel } from "@cajal/onnx";
import { checkEnding, endingOf } from "./ending";
import { trainedOutputs, type TrainedOutput } from "./outputs";
import { checkTraining } from "./weightOptions";
import type { TrainStepOptions } from "./trainStep";

export type TrainableModel = TrainableKeras | TrainableGraph;

interface Trainable {
  /** All weights, in the model's order. */
  readonly weights: readonly ModelWeight[];
  /** Shapes with the batch, null where free. */
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: KerasShape;
    readonly dtype: DType;
  }[];
  readonly outputNames: readonly string[];
  /** Those that have a loss. */
  readonly outputs: readonly TrainedOutput[];
  /** Shapes of all outputs, for a batch whose x have these shapes. */
  outputShapes(x: Readonly<Record<string, Shape>>): readonly Shape[];
}

export interface TrainableKeras extends Trainable {
  /** Gives what the losses take, and outputs without a loss as they were. */
  readonly model: ModelConfig;
  /** Paths of layers that are not trained: named, in a nested model that is, or marked so. */
  readonly frozen: ReadonlySet<string>;
  /** Definitions beside Cajal's own. */
  readonly layers: readonly Layer[] | undefined;
}

export interface TrainableGraph extends Trainable {
  /** Gives what the losses take, and no other output; of opset 18 or later. */
  readonly graph: OnnxModel;
}

export interface ModelWeight extends Pick<
  WeightOfModel,
  "key" | "shape" | "trainable" | "regularizer" | "constraint"
> {
  /** Factor of the learning rate; undefined: it is not trained. */
  readonly multiplier?: number;
}

/** @throws CajalError `unknown-name` for a layer that the model does not have; `unsupported`, `bad-argument` */
export function trainableModel(model: ModelConfig, options: TrainStepOptions): TrainableKeras {
  const { frozen = [], learningRateMultipliers = {}, layers: added } = options;
  const { input_layers, output_layers } = model.config;
  checkMultipliers("layer", learningRateMultipliers);
  const network = resolve(model, { layers: added });
  const tree = layerTree(network.layers);
  const paths = tree.map(({ layer }) => layer.path);
  const known = new Set(paths);
  const factors = new Map(Object.entries(learningRateMultipliers));
  for (const name of [...frozen, ...factors.keys()])
    if (!known.has(name))
      throw unknownName('layer of the model (in a nested model "model/layer")', name, paths);
  const named = new Set(frozen);
  const still = new Set<string>();
  const weights = tree.flatMap(({ layer, around }) => {
    const chain = [layer, ...around];
    if (!layer.trainable || chain.some(({ path }) => named.has(path))) still.add(layer.path);
    // The nearest says: the layer itself, then the models that it is in, from the inside out.
    const factor = chain.map(({ path }) => factors.get(path)).find((each) => each !== undefined);
    return layer.weights.map((spec): ModelWeight => {
      const trained = spec.trainable && !still.has(layer.path);
      return trained
        ? { ...spec, multiplier: factor ?? 1 }
        : // As in Keras, the loss has no share of what is not trained.
          { ...spec, regularizer: undefined };
    });
  });
  checkAnyTrained("layers", weights);
  checkTraining(weights);

  const outputNames = distinct(output_layers.map(([name]) => name));
  let trained = model;
  const outputs = trainedOutputs(outputNames, options).map((output): TrainedOutput => {
    const { fromLogits } = output.loss;
    const bare = fromLogits && withoutLastActivation(trained, output.index, fromLogits.activation);
    if (!bare) {
      checkEnding(output.loss, endingOf(network, output.index));
      return output;
    }
    trained = bare;
    return { ...output, ...fromLogits };
  });
  const { inputs: resolved, outputs: made } = network;
  const inputs = resolved.map(({ shape, dtype }, i) => ({
    name: input_layers[i]![0],
    shape,
    dtype,
  }));
  const fixed = inputs.every(({ shape }) => isFixed(shape));
  return {
    model: trained,
    weights,
    frozen: still,
    layers: added,
    inputs,
    outputNames,
    outputs,
    outputShapes(x) {
      const examples = x[inputs[0]!.name]![0]!;
      const shapes = fixed ? made : resolve(withInputShapes(model, x), { layers: added }).outputs;
      return shapes.map(({ shape }) => withBatch(shape, examples));
    },
  };
}

/** Every layer and nested model, with the models around it, the innermost first. */
function layerTree(
  layers: readonly NetworkLayer[],
  around: readonly NetworkLayer[] = [],
): { readonly layer: NetworkLayer; readonly around: readonly NetworkLayer[] }[] {
  return layers.flatMap((layer) => [
    { layer, around },
    ...layerTree(layer.layers ?? [], [layer, ...around]),
  ]);
}

/**
 * The model with those outputs alone: layers that none of them depends on are left out, so that their
 * weights stay as they are.
 */
export function withOutputs(model: ModelConfig, indices: readonly number[]): ModelConfig {
  const { layers, input_layers, output_layers } = model.config;
  if (indices.length === output_layers.length) return model;
  const kept = indices.map((index) => output_layers[index]!);
  const needed = new Set(input_layers.map(([name]) => name));
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const visit = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const [before] of (byName.get(name)?.inbound_nodes ?? []).flat()) visit(before);
  };
  for (const [name] of kept) visit(name);
  return {
    ...model,
    config: {
      ...model.config,
      layers: layers.filter(({ name }) => needed.has(name)),
      output_layers: kept,
    },
  };
}

/** Names of outputs: a layer that comes again gets a number, as in Keras. */
function distinct(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((each) => each === name).length;
    return before === 0 ? name : `${name}_${before}`;
  });
}

/** Whether nothing but the batch is free. */
export const isFixed = (shape: KerasShape): boolean => !shape.slice(1).includes(null);

const withBatch = ([, ...rest]: KerasShape, batch: number): Shape => [
  batch,
  ...rest.map((extent) => extent ?? 0),
];

/** The model with extents of its inputs that it leaves free, where `shapes` has numbers for them. */
export function withInputShapes(
  model: ModelConfig,
  shapes: Readonly<Record<string, readonly Dim[]>>,
): ModelConfig {
  const names = model.config.input_layers.map(([name]) => name);
  const layers = model.config.layers.map((entry) => {
    const shape = names.includes(entry.name) ? shapes[entry.name] : undefined;
    if (!shape) return entry;
    // Keras 3 calls it batch_shape.
    const key = "batch_shape" in entry.config ? "batch_shape" : "batch_input_shape";
    const { [key]: free } = entry.config;
    if (!Array.isArray(free) || isFixed(free as KerasShape)) return entry;
    const known = (free as KerasShape).map((extent, axis) => {
      const given = shape[axis];
      return extent ?? (axis > 0 && typeof given === "number" ? given : null);
    });
    return { ...entry, config: { ...entry.config, [key]: known } };
  });
  return { ...model, config: { ...model.config, layers } };
}

/** @throws CajalError `bad-argument` */
export function checkMultipliers(
  what: "layer" | "initializer",
  multipliers: Readonly<Record<string, number>>,
): void {
  for (const [name, factor] of Object.entries(multipliers))
    if (!(Number.isFinite(factor) && factor >= 0))
      throw new CajalError(
        "bad-argument",
        `${what} "${name}": got learning-rate multiplier ${factor}, expected a number of at least 0.`,
        { [what]: name, factor },
      );
}

/** @throws CajalError `bad-argument` */
export function checkAnyTrained(
  what: "layers" | "initializers",
  weights: readonly ModelWeight[],
): void {
  if (!weights.some(({ multiplier }) => multiplier !== undefined))
    throw new CajalError(
      "bad-argument",
      weights.length === 0
        ? "this model has no weights to train."
        : `all ${what} with weights are frozen: nothing is left to train.`,
    );
}

/** The layers whose `activation` is the last that they do. */
const endsWithActivation = new Set([
  "Activation",
  "Dense",
  "Conv1D",
  "Conv2D",
  "Conv3D",
  "Conv2DTranspose",
  "DepthwiseConv2D",
  "SeparableConv2D",
]);

/** The model without the activation at the end of an output; undefined where it ends otherwise. */
function withoutLastActivation(
  model: ModelConfig,
  output: number,
  activation: "softmax" | "sigmoid",
): ModelConfig | undefined {
  const { layers, output_layers } = model.config;
  const [last] = output_layers[output]!;
  if (output_layers.filter(([name]) => name === last).length > 1) return undefined;
  const used = layers.some(({ inbound_nodes }) =>
    inbound_nodes.some((node) => node.some(([name]) => name === last)),
  );
  const entry = layers.find(({ name }) => name === last);
  if (used || !entry || entry.inbound_nodes.length !== 1) return undefined;
  const { class_name, config } = entry;
  const plain =
    endsWithActivation.has(class_name) && config.activation === activation
      ? { ...entry, config: { ...config, activation: "linear" } }
      : activation === "softmax" && class_name === "Softmax" && (config.axis ?? -1) === -1
        ? { ...entry, class_name: "Activation", config: { name: entry.name, activation: "linear" } }
        : undefined;
  return (
    plain && {
      ...model,
      config: { ...model.config, layers: layers.map((each) => (each === entry ? plain : each)) },
    }
  );
}
