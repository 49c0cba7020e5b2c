// The forward part of a training step's graph, with weights as inputs: of a Keras model, which is lowered, or of an
// ONNX graph.
import { CajalError, type DType, type NamedTensors } from "@cajal/core";
import {
  inputWeights,
  lower,
  withOutputs,
  type Lowered,
  type WeightInput,
  type WeightSource,
} from "@cajal/models";
import { GraphBuilder, type Dim, type OnnxModel, type Value } from "@cajal/onnx";
import type { StepBatch } from "./batch";
import { hasPenalties, normalizes, regularizes } from "./calls";
import {
  isFixed,
  withInputShapes,
  type ModelWeight,
  type TrainableGraph,
  type TrainableKeras,
  type TrainableModel,
} from "./model";
import type { TrainedOutput } from "./outputs";

export interface Forward {
  /** The graph so far. */
  readonly g: GraphBuilder;
  /** Values of the inputs, by name. */
  readonly x: ReadonlyMap<string, Value>;
  /** Predictions, in the order of the outputs with a loss. */
  readonly yPred: readonly Value[];
  /** The weights that the graph reads. */
  readonly inputs: ReadonlyMap<string, WeightInput>;
  /** The new values of weights that training changes without gradients. */
  readonly updates: ReadonlyMap<string, Value>;
  /** Intermediate values, in order of computation: `layer "conv"` or `node "Conv_0"` → value. */
  readonly watched: ReadonlyMap<string, Value>;
  /** Outputs of layers with an activity regularizer, with the regularizers. */
  readonly activities: Lowered["activities"];
  /** The value of a weight, declared as an input if nothing has read it yet. */
  weight(weight: ModelWeight): Value;
}

export interface ForwardOptions {
  /** Dtype and shape of the batch's x, by input. */
  readonly x: Readonly<Record<string, { readonly dtype: DType; readonly shape: readonly Dim[] }>>;
  readonly training: boolean;
  /** The layers or values to watch: all of them, or one by its name. */
  readonly watch?: "all" | { readonly name: string };
  /** Layouts of the weights; default: those that their first readers need. */
  readonly layouts?: ReadonlyMap<string, WeightInput> | undefined;
}

export const forwardOf = (trainable: TrainableModel, options: ForwardOptions): Forward =>
  "graph" in trainable ? graphForward(trainable, options) : kerasForward(trainable, options);

/** The values of the weights that are trained and that the graph reads. */
export const parametersOf = (
  { weights }: TrainableModel,
  inputs: ReadonlyMap<string, WeightInput>,
): Value[] =>
  weights.flatMap(({ key, multiplier }) => {
    const input = inputs.get(key);
    return input && multiplier !== undefined ? [input.value] : [];
  });

/** Adds labels and example weights as inputs of the graph, and returns what the losses take for each output. */
export function labelledIn(
  g: GraphBuilder,
  outputs: readonly TrainedOutput[],
  yPred: readonly Value[],
  { y, weight }: Pick<StepBatch, "y" | "weight">,
) {
  const inputsFor = (what: string, tensors: NamedTensors) =>
    new Map(
      Object.entries(tensors).map(([name, { dtype, shape }]) => [
        name,
        g.input(outputs.length > 1 ? `input/${what}/${name}` : `input/${what}`, dtype, shape),
      ]),
    );
  const yTrue = inputsFor("y", y);
  const weightOf = inputsFor("weight", weight);
  const labelled = outputs.map(({ name }, i) => ({
    yTrue: yTrue.get(name)!,
    yPred: yPred[i]!,
    weight: weightOf.get(name),
  }));
  return { yTrue, weightOf, labelled };
}

/** Dtypes and shapes of x before the first batch, from the model's inputs. */
export const placeholders = (inputs: TrainableModel["inputs"]): ForwardOptions["x"] =>
  Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => [
      name,
      {
        dtype,
        shape: shape.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined)),
      },
    ]),
  );

function kerasForward(
  {
    network: fullNetwork,
    frozen,
    inferenceMode,
    inputs: modelInputs,
    outputs: trainedOutputs,
  }: TrainableKeras,
  { x: batch, training, watch, layouts }: ForwardOptions,
): Forward {
  const fixedNetwork = modelInputs.every(({ shape }) => isFixed(shape))
    ? fullNetwork
    : withInputShapes(
        fullNetwork,
        Object.fromEntries(Object.entries(batch).map(([name, { shape }]) => [name, shape])),
      );
  const network = withOutputs(
    fixedNetwork,
    trainedOutputs.map(({ index }) => index),
    (call) =>
      regularizes(call) ||
      (training && (normalizes(call) || hasPenalties(call))) ||
      (watch !== undefined && watch !== "all" && watch.name === call.layer.path),
  );
  const g = new GraphBuilder({ name: network.name });
  const x = new Map(
    modelInputs.map(({ name }) => {
      const { dtype, shape } = batch[name]!;
      return [name, g.input(modelInputs.length > 1 ? `input/x/${name}` : "input/x", dtype, shape)];
    }),
  );
  const { source: declareWeight, inputs } = inputWeights(g);
  const source: WeightSource = (weight, steps) => {
    // What no training graph reads lies as in Keras.
    if (layouts) declareWeight(weight, layouts.get(weight.key)?.steps ?? []);
    return declareWeight(weight, steps);
  };
  const layers = network.calls
    .filter(({ inner }) => !inner.definition.isInput)
    .map(({ layer }) => layer.path);
  const { outputs, updates, activities, watched } = lower(g, network, {
    inputs: [...x.values()],
    weights: source,
    training,
    frozen,
    inferenceMode,
    ...(training && { seed: g.input("input/seed", "int64", []) }),
    ...(watch && { watch: watch === "all" ? [...new Set(layers)] : [watch.name] }),
  });
  return {
    g,
    x,
    yPred: outputs,
    inputs,
    updates,
    activities,
    watched: new Map([...watched].map(([name, value]) => [`layer "${name}"`, value])),
    weight: (weight) => source(weight, inputs.get(weight.key)?.steps ?? []),
  };
}

function graphForward(
  { graph: { graph, ...model }, allNodes, weights }: TrainableGraph,
  { x, watch }: ForwardOptions,
): Forward {
  const trainedKeys = new Set(weights.map(({ key }) => key));
  for (const { name, dtype } of graph.inputs)
    if (x[name]!.dtype !== dtype)
      throw new CajalError(
        "bad-argument",
        `batch x "${name}": got ${x[name]!.dtype}, expected ${dtype}, which the graph states.`,
        { input: name, got: x[name]!.dtype, expected: dtype },
      );
  const isBeside =
    watch !== undefined &&
    watch !== "all" &&
    !graph.nodes.some(({ outputs }) => outputs.includes(watch.name));
  const stepModel: OnnxModel = {
    ...model,
    graph: {
      ...graph,
      ...(isBeside && { nodes: allNodes }),
      inputs: [
        ...graph.inputs,
        ...weights.map(({ key, shape }) => ({ name: key, dtype: "float32" as const, shape })),
      ],
      initializers: new Map([...graph.initializers].filter(([name]) => !trainedKeys.has(name))),
      // A step outputs loss and metrics only.
      outputs: [],
      values: new Map([
        ...graph.values,
        ...graph.outputs.map((output) => [output.name, output] as const),
      ]),
    },
  };
  const shapes = Object.fromEntries(graph.inputs.map(({ name }) => [name, x[name]!.shape]));
  const g = GraphBuilder.from(stepModel, { shapes, unroll: true });
  const inputs = new Map(
    weights.map((weight): [string, WeightInput] => [
      weight.key,
      { weight, steps: [], value: g.value(weight.key) },
    ]),
  );
  const nodeValues = g.nodes.flatMap(({ name, outputs }) =>
    outputs
      .filter((output) => output !== "" && g.value(output).dtype === "float32")
      .map((output): [string, Value] => [`node "${name || output}"`, g.value(output)]),
  );
  return {
    g,
    x: new Map(graph.inputs.map(({ name }) => [name, g.value(name)])),
    yPred: graph.outputs.map(({ name }) => g.value(name)),
    inputs,
    updates: new Map(),
    activities: [],
    watched: new Map(
      watch === "all" ? nodeValues : watch ? [[watch.name, g.value(watch.name)]] : [],
    ),
    weight: ({ key }) => g.value(key),
  };
}
