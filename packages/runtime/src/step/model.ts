// Prepares a Keras model for training, for any engine: its trainable weights, and the input of its last activation.
// graph.ts does so for ONNX graphs.
import { CajalError, showValue, unknownName, type DType, type Shape } from "@cajal/core";
import {
  indexInputs,
  resolve,
  withOutputs,
  withoutEnding,
  type IndexInput,
  type KerasShape,
  type Model,
  type Network,
  type ModelWeight as WeightOfModel,
  type NetworkLayer,
} from "@cajal/models";
import type { Dim, Node, OnnxModel } from "@cajal/onnx";
import { ownValue } from "../session/ownValue";
import { regularizes } from "./calls";
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
  /** The inputs that are looked up in tables. */
  readonly tables: readonly IndexInput[];
  readonly outputNames: readonly string[];
  /** The outputs with a loss. */
  readonly outputs: readonly TrainedOutput[];
  /** Shapes of all outputs, for a batch with these shapes of x. */
  outputShapes(x: Readonly<Record<string, Shape>>): readonly Shape[];
}

export interface TrainableKeras extends Trainable {
  /** Outputs with a loss give what the loss takes; others are unchanged. */
  readonly network: Network;
  /** Paths of layers that are not trained: frozen by name, within a frozen model, or by `trainable: false`. */
  readonly frozen: ReadonlySet<string>;
  /** Paths of layers in inference mode: by name, or within a nested model in inference mode. */
  readonly inferenceMode: ReadonlySet<string>;
}

export interface TrainableGraph extends Trainable {
  /** Outputs what the losses take, and nothing else; of opset 18 or later. */
  readonly graph: OnnxModel;
  /** The nodes of the whole graph, any value of which may be asked for. */
  readonly allNodes: readonly Node[];
}

export interface ModelWeight extends Pick<
  WeightOfModel,
  "key" | "shape" | "trainable" | "regularizer" | "constraint"
> {
  /** Factor of the learning rate; undefined where the weight is not trained. */
  readonly multiplier?: number;
}

/** @throws CajalError `unknown-name` for a layer that the model does not have; `unsupported`, `bad-argument` */
export function trainableModel(model: Model, options: TrainStepOptions): TrainableKeras {
  const {
    frozen = [],
    inferenceMode = [],
    learningRateMultipliers = {},
    layers: customLayers,
  } = options;
  checkMultipliers("layer", learningRateMultipliers);
  const network = resolve(model, { layers: customLayers });
  const tree = layerTree(network.layers);
  const paths = tree.flatMap(({ layer }) => [layer.path, ...partsOf(layer)]);
  const knownPaths = new Set(paths);
  const layerPaths = tree.map(({ layer }) => layer.path);
  const factors = new Map(Object.entries(learningRateMultipliers));
  for (const name of [...frozen, ...factors.keys()])
    if (!knownPaths.has(name))
      throw unknownName('layer of the model (in a nested model "model/layer")', name, paths);
  for (const name of inferenceMode)
    if (!layerPaths.includes(name))
      throw unknownName('layer of the model (in a nested model "model/layer")', name, layerPaths);
  const inferencePaths = new Set(
    tree
      .filter(({ layer, parents }) =>
        [layer, ...parents].some(({ path }) => inferenceMode.includes(path)),
      )
      .map(({ layer }) => layer.path),
  );
  const frozenNames = new Set(frozen);
  const frozenPaths = new Set<string>();
  const weights = tree.flatMap(({ layer, parents }) => {
    const chain = [layer, ...parents];
    if (!layer.trainable || chain.some(({ path }) => frozenNames.has(path)))
      frozenPaths.add(layer.path);
    // The nearest factor applies: the layer's own, then those of the models around it, innermost first.
    const factor = chain.map(({ path }) => factors.get(path)).find((each) => each !== undefined);
    const parts = partsOf(layer);
    for (const part of parts) if (frozenNames.has(part)) frozenPaths.add(part);
    return layer.weights.map((spec): ModelWeight => {
      const enclosingParts = parts.filter((part) => spec.key.startsWith(`${part}/`));
      const isTrained =
        spec.trainable && ![layer.path, ...enclosingParts].some((path) => frozenPaths.has(path));
      const partFactor = enclosingParts
        .map((part) => factors.get(part))
        .find((each) => each !== undefined);
      const multiplier = partFactor ?? factor ?? 1;
      return isTrained
        ? // A constraint would change a weight that a factor of 0 leaves unchanged.
          { ...spec, multiplier, ...(multiplier === 0 && { constraint: undefined }) }
        : // As in Keras, weights that are not trained are not regularized.
          { ...spec, regularizer: undefined };
    });
  });
  checkAnyTrained("layers", weights);
  checkTraining(weights);

  const outputNames = distinct(network.outputNames);
  let trainedNetwork = network;
  const outputs = trainedOutputs(outputNames, options).map((output): TrainedOutput => {
    const { mask } = network.outputs[output.index]!;
    if (mask)
      throw new CajalError(
        "unsupported",
        `output "${output.name}" has a mask: Keras would leave masked steps out of the loss, which Cajal does not. Give a loss to an output without, such as the last of a recurrent layer.`,
        { output: output.name },
      );
    const { fromLogits } = output.loss;
    checkEnding(output.loss, endingOf(network, output.index), network.outputs[output.index]!.shape);
    const logits = fromLogits && withoutEnding(trainedNetwork, output.index, fromLogits.activation);
    if (!logits) return output;
    trainedNetwork = logits;
    return { ...output, ...fromLogits };
  });
  const trainedIndices = outputs.map(({ index }) => index);
  const reached = new Set(withOutputs(network, trainedIndices, regularizes).calls.map(({ layer }) => layer.path)); // prettier-ignore
  const layerOf = new Map(tree.flatMap(({ layer }) => layer.weights.map(({ key }) => [key, layer.path] as const))); // prettier-ignore
  const inputs = network.inputs.map(({ from, shape, dtype }) => ({ name: from, shape, dtype }));
  const hasFixedInputs = inputs.every(({ shape }) => isFixed(shape));
  return {
    network: trainedNetwork,
    weights: weights.map((weight) => {
      if (weight.regularizer || reached.has(layerOf.get(weight.key)!)) return weight;
      // The loss does not depend on it, so that nothing is to be decayed either.
      const { multiplier: _, ...still } = weight;
      return still;
    }),
    frozen: frozenPaths,
    inferenceMode: inferencePaths,
    inputs,
    tables: indexInputs(network),
    outputNames,
    outputs,
    outputShapes(x) {
      const examples = x[inputs[0]!.name]![0]!;
      const { outputs } = hasFixedInputs ? network : withInputShapes(network, x);
      return outputs.map(({ shape }) => withBatch(shape, examples));
    },
  };
}

/** Paths of the layers within a layer, such as the directions of Bidirectional: "layer/part". */
const partsOf = ({ path, layer }: NetworkLayer): string[] =>
  Object.keys(layer?.definition.parts?.(layer.config) ?? {}).map((part) => `${path}/${part}`);

/** Every layer and nested model, with the models that contain it, innermost first. */
function layerTree(
  layers: readonly NetworkLayer[],
  parents: readonly NetworkLayer[] = [],
): { readonly layer: NetworkLayer; readonly parents: readonly NetworkLayer[] }[] {
  return layers.flatMap((layer) => [
    { layer, parents },
    ...layerTree(layer.layers ?? [], [layer, ...parents]),
  ]);
}

/** Unique names of outputs: repeated names get a number, as in Keras. */
function distinct(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const repeats = names.slice(0, i).filter((each) => each === name).length;
    return repeats === 0 ? name : `${name}_${repeats}`;
  });
}

/** Whether only the batch is free. */
export const isFixed = (shape: KerasShape): boolean => !shape.slice(1).includes(null);

const withBatch = ([, ...rest]: KerasShape, batch: number): Shape => [
  batch,
  ...rest.map((extent) => extent ?? 0),
];

/**
 * The network, resolved anew with the free extents of its inputs taken from `shapes` where it has numbers.
 *
 * @param options.batch whether that of the batch is among them. Default false.
 */
export function withInputShapes(
  { model, added: customLayers, inputs }: Network,
  shapes: Readonly<Record<string, readonly Dim[]>>,
  { batch = false }: { readonly batch?: boolean } = {},
): Network {
  const fixedShapes = new Map(
    inputs
      .filter(({ shape }) => batch || !isFixed(shape))
      .map(({ from, shape }) => [
        from,
        shape.map((extent, axis) => {
          const size = ownValue(shapes, from)?.[axis];
          return extent ?? ((batch || axis > 0) && typeof size === "number" ? size : null);
        }),
      ]),
  );
  const layers = model.config.layers.map((entry) => {
    const shape = fixedShapes.get(entry.name);
    if (!shape) return entry;
    // Keras 3 calls it batch_shape.
    const key = "batch_shape" in entry.config ? "batch_shape" : "batch_input_shape";
    return { ...entry, config: { ...entry.config, [key]: shape } };
  });
  return resolve({ ...model, config: { ...model.config, layers } }, { layers: customLayers });
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
        `${what} "${name}": got learning-rate multiplier ${showValue(factor)}, expected a number of at least 0.`,
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
