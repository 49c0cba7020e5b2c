// What a training step asks of a model, the same for every engine: its trainable weights, and what
// its last activation is applied to. Here for Keras models; graph.ts has ONNX graphs.
import { CajalError, unknownName, type DType, type Shape } from "@cajal/core";
import {
  resolve,
  withoutEnding,
  type KerasShape,
  type Model,
  type Network,
  type ModelWeight as WeightOfModel,
  type NetworkLayer,
} from "@cajal/models";
import type { Dim, OnnxModel } from "@cajal/onnx";
import { ownValue } from "../session/ownValue";
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
  readonly network: Network;
  /** Paths of layers that are not trained: named, in a nested model that is, or marked so. */
  readonly frozen: ReadonlySet<string>;
  /** Paths of layers that compute as in inference: named, or in a nested model that is. */
  readonly inferenceMode: ReadonlySet<string>;
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
export function trainableModel(model: Model, options: TrainStepOptions): TrainableKeras {
  const { frozen = [], inferenceMode = [], learningRateMultipliers = {}, layers: added } = options;
  checkMultipliers("layer", learningRateMultipliers);
  const network = resolve(model, { layers: added });
  const tree = layerTree(network.layers);
  const paths = tree.flatMap(({ layer }) => [layer.path, ...partsOf(layer)]);
  const existing = new Set(paths);
  const existingLayers = tree.map(({ layer }) => layer.path);
  const factors = new Map(Object.entries(learningRateMultipliers));
  for (const name of [...frozen, ...factors.keys()])
    if (!existing.has(name))
      throw unknownName('layer of the model (in a nested model "model/layer")', name, paths);
  for (const name of inferenceMode)
    if (!existingLayers.includes(name))
      throw unknownName(
        'layer of the model (in a nested model "model/layer")',
        name,
        existingLayers,
      );
  const inferring = new Set(
    tree
      .filter(({ layer, around }) =>
        [layer, ...around].some(({ path }) => inferenceMode.includes(path)),
      )
      .map(({ layer }) => layer.path),
  );
  const named = new Set(frozen);
  const frozenPaths = new Set<string>();
  const weights = tree.flatMap(({ layer, around }) => {
    const chain = [layer, ...around];
    if (!layer.trainable || chain.some(({ path }) => named.has(path))) frozenPaths.add(layer.path);
    // The nearest says: the layer itself, then the models that it is in, from the inside out.
    const factor = chain.map(({ path }) => factors.get(path)).find((each) => each !== undefined);
    const parts = partsOf(layer);
    for (const part of parts) if (named.has(part)) frozenPaths.add(part);
    return layer.weights.map((spec): ModelWeight => {
      const within = parts.filter((part) => spec.key.startsWith(`${part}/`));
      const trained =
        spec.trainable && ![layer.path, ...within].some((path) => frozenPaths.has(path));
      const own = within.map((part) => factors.get(part)).find((each) => each !== undefined);
      const multiplier = own ?? factor ?? 1;
      return trained
        ? // A constraint would move what a factor of 0 leaves where it is.
          { ...spec, multiplier, ...(multiplier === 0 && { constraint: undefined }) }
        : // As in Keras, the loss has no share of what is not trained.
          { ...spec, regularizer: undefined };
    });
  });
  checkAnyTrained("layers", weights);
  checkTraining(weights);

  const outputNames = distinct(network.outputNames);
  let trained = network;
  const outputs = trainedOutputs(outputNames, options).map((output): TrainedOutput => {
    const { mask } = network.outputs[output.index]!;
    if (mask)
      throw new CajalError(
        "unsupported",
        `output "${output.name}" has a mask, made of "${mask.of.from}": Keras would leave masked steps out of the loss, which Cajal does not. Give a loss to an output without, such as the last of a recurrent layer.`,
        { output: output.name, from: mask.of.from },
      );
    const { fromLogits } = output.loss;
    const logits = fromLogits && withoutEnding(trained, output.index, fromLogits.activation);
    if (!logits) {
      checkEnding(output.loss, endingOf(network, output.index));
      return output;
    }
    trained = logits;
    return { ...output, ...fromLogits };
  });
  const inputs = network.inputs.map(({ from, shape, dtype }) => ({ name: from, shape, dtype }));
  const fixed = inputs.every(({ shape }) => isFixed(shape));
  return {
    network: trained,
    weights,
    frozen: frozenPaths,
    inferenceMode: inferring,
    inputs,
    outputNames,
    outputs,
    outputShapes(x) {
      const examples = x[inputs[0]!.name]![0]!;
      const { outputs } = fixed ? network : withInputShapes(network, x);
      return outputs.map(({ shape }) => withBatch(shape, examples));
    },
  };
}

/** Paths of the layers within a layer, such as the directions of Bidirectional: "layer/part". */
const partsOf = ({ path, layer }: NetworkLayer): string[] =>
  Object.keys(layer?.definition.parts?.(layer.config) ?? {}).map((part) => `${path}/${part}`);

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

/** The network with extents of its inputs that it leaves free, where `shapes` has numbers for them: resolved anew. */
export function withInputShapes(
  { model, added, inputs }: Network,
  shapes: Readonly<Record<string, readonly Dim[]>>,
): Network {
  const fixed = new Map(
    inputs
      .filter(({ shape }) => !isFixed(shape))
      .map(({ from, shape }) => [
        from,
        shape.map((extent, axis) => {
          const other = ownValue(shapes, from)?.[axis];
          return extent ?? (axis > 0 && typeof other === "number" ? other : null);
        }),
      ]),
  );
  const layers = model.config.layers.map((entry) => {
    const shape = fixed.get(entry.name);
    if (!shape) return entry;
    // Keras 3 calls it batch_shape.
    const key = "batch_shape" in entry.config ? "batch_shape" : "batch_input_shape";
    return { ...entry, config: { ...entry.config, [key]: shape } };
  });
  return resolve({ ...model, config: { ...model.config, layers } }, { layers: added });
}

/** @throws CajalError `bad-argument` */
export function checkMultipliers(
  what: "layer" | "initializer",
  multipliers: Readonly<Record<string, number>>,
): void {
  if (Symbol.iterator in multipliers)
    throw new CajalError(
      "bad-argument",
      `learningRateMultipliers: got a list or Map, expected an object: { NAME: 0.1 }.`,
    );
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
