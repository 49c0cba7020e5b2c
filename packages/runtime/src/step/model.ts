// What a training step asks of a model, the same for every engine: its trainable weights, and what
// its last activation is applied to. Here for Keras models; trainStepGraph.ts has ONNX graphs.
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
import { checkTraining } from "./weightOptions";
import type { Loss, TrainStepOptions } from "./trainStep";

export type TrainableModel = TrainableKeras | TrainableGraph;

interface Trainable {
  readonly loss: Loss;
  /** What makes the model's own output of what the loss takes, where that is another. */
  readonly activation?: "softmax" | "sigmoid";
  /** All weights, in the model's order. */
  readonly weights: readonly ModelWeight[];
  /** Shape with the batch, null where free. */
  readonly input: KerasShape;
  /** Element type of the input. */
  readonly dtype: DType;
  /** The output's shape for a batch whose x has shape `x`. */
  output(x: Shape): Shape;
}

export interface TrainableKeras extends Trainable {
  /** Gives what the loss takes. */
  readonly model: ModelConfig;
  /** Paths of layers that are not trained: named, in a nested model that is, or marked so. */
  readonly frozen: ReadonlySet<string>;
  /** Definitions beside Cajal's own. */
  readonly layers: readonly Layer[] | undefined;
}

export interface TrainableGraph extends Trainable {
  /** Gives what the loss takes; of opset 18 or later. */
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
export function trainableModel(
  model: ModelConfig,
  { loss, frozen = [], learningRateMultipliers = {}, layers: added }: TrainStepOptions,
): TrainableKeras {
  const { input_layers, output_layers } = model.config;
  checkDoors(input_layers.length, output_layers.length);
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

  const { fromLogits } = loss;
  const bare = fromLogits && withoutLastActivation(model, fromLogits.activation);
  if (!bare) checkEnding(loss, endingOf(network));
  const { inputs, outputs } = network;
  const input = inputs[0]!.shape;
  const output = isFixed(input) ? outputs[0]!.shape : undefined;
  return {
    weights,
    frozen: still,
    layers: added,
    input,
    dtype: inputs[0]!.dtype,
    output: (x) =>
      withBatch(
        output ?? resolve(withInputShape(model, x), { layers: added }).outputs[0]!.shape,
        x[0]!,
      ),
    ...(bare
      ? { model: bare, loss: fromLogits.loss, activation: fromLogits.activation }
      : { model, loss }),
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

/** Whether nothing but the batch is free. */
export const isFixed = (shape: KerasShape): boolean => !shape.slice(1).includes(null);

const withBatch = ([, ...rest]: KerasShape, batch: number): Shape => [
  batch,
  ...rest.map((extent) => extent ?? 0),
];

/** The model with extents of its input that it leaves free, where `shape` has numbers for them. */
export function withInputShape(model: ModelConfig, shape: readonly Dim[]): ModelConfig {
  const [name] = model.config.input_layers[0]!;
  const layers = model.config.layers.map((entry) => {
    if (entry.name !== name) return entry;
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

/** @throws CajalError `unsupported` */
export function checkDoors(inputs: number, outputs: number): void {
  for (const [what, count] of Object.entries({ inputs, outputs }))
    if (count !== 1)
      throw new CajalError(
        "unsupported",
        `training takes models of one input and one output; this one has ${count} ${what}.`,
        { [what]: count },
      );
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

/** The model without the activation at its end; undefined where it ends otherwise. */
function withoutLastActivation(
  model: ModelConfig,
  activation: "softmax" | "sigmoid",
): ModelConfig | undefined {
  const [last] = model.config.output_layers[0]!;
  const { layers } = model.config;
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
