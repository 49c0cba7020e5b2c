// The forward part of a training step's graph, its weights as inputs: a Keras model lowered, or an
// ONNX graph as it is.
import type { DType, NamedTensors } from "@cajal/core";
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
  /** By the names of the model's inputs. */
  readonly x: ReadonlyMap<string, Value>;
  /** Beside the outputs that have a loss. */
  readonly yPred: readonly Value[];
  /** The weights that the graph reads. */
  readonly inputs: ReadonlyMap<string, WeightInput>;
  /** The new values of weights that training changes without gradients. */
  readonly updates: ReadonlyMap<string, Value>;
  /** What comes in between, in the order of the computation: `layer "conv"` or `node "Conv_0"` → value. */
  readonly watched: ReadonlyMap<string, Value>;
  /** Outputs of layers that add to the loss, and by which regularizers. */
  readonly activities: Lowered["activities"];
  /** A weight, declared now if nothing has read it. */
  weight(weight: ModelWeight): Value;
}

export interface ForwardOptions {
  /** Of the batch's x, by input. */
  readonly x: Readonly<Record<string, { readonly dtype: DType; readonly shape: readonly Dim[] }>>;
  readonly training: boolean;
  readonly watch?: boolean;
  /** How the graph is to take weights; otherwise as their first readers want them. */
  readonly layouts?: ReadonlyMap<string, WeightInput> | undefined;
}

export const forwardOf = (trained: TrainableModel, options: ForwardOptions): Forward =>
  "graph" in trained ? graphForward(trained, options) : kerasForward(trained, options);

/** The values of the weights that are trained, of those that the graph reads. */
export const parametersOf = (
  { weights }: TrainableModel,
  inputs: ReadonlyMap<string, WeightInput>,
): Value[] =>
  weights.flatMap(({ key, multiplier }) => {
    const input = inputs.get(key);
    return input && multiplier !== undefined ? [input.value] : [];
  });

/** Labels and weights of examples as inputs of the graph, and what the losses take of each output. */
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

/** The batch's x before there is one, with what the model says of its inputs. */
export const placeholders = (inputs: TrainableModel["inputs"]): ForwardOptions["x"] =>
  Object.fromEntries(
    inputs.map(({ name, shape }) => [
      name,
      {
        dtype: "float32" as const,
        shape: shape.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined)),
      },
    ]),
  );

function kerasForward(
  { network: whole, frozen, inferenceMode, inputs: modelInputs, outputs: trained }: TrainableKeras,
  { x: batch, training, watch, layouts }: ForwardOptions,
): Forward {
  const shaped = modelInputs.every(({ shape }) => isFixed(shape))
    ? whole
    : withInputShapes(
        whole,
        Object.fromEntries(Object.entries(batch).map(([name, { shape }]) => [name, shape])),
      );
  const network = withOutputs(
    shaped,
    trained.map(({ index }) => index),
  );
  const g = new GraphBuilder({ name: network.name });
  const x = new Map(
    modelInputs.map(({ name }) => {
      const { dtype, shape } = batch[name]!;
      return [name, g.input(modelInputs.length > 1 ? `input/x/${name}` : "input/x", dtype, shape)];
    }),
  );
  const { source: asWanted, inputs } = inputWeights(g);
  const source: WeightSource = (weight, steps) => {
    const layout = layouts?.get(weight.key);
    if (layout) asWanted(weight, layout.steps);
    return asWanted(weight, steps);
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
    ...(watch && { watch: [...new Set(layers)] }),
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
  { graph: { graph, ...model }, weights }: TrainableGraph,
  { x, watch }: ForwardOptions,
): Forward {
  const trained = new Set(weights.map(({ key }) => key));
  const opened: OnnxModel = {
    ...model,
    graph: {
      ...graph,
      inputs: [
        ...graph.inputs.map((input) => ({ ...input, dtype: x[input.name]!.dtype })),
        ...weights.map(({ key, shape }) => ({ name: key, dtype: "float32" as const, shape })),
      ],
      initializers: new Map([...graph.initializers].filter(([name]) => !trained.has(name))),
      // What a step gives is loss and metrics.
      outputs: [],
      values: new Map([
        ...graph.values,
        ...graph.outputs.map((output) => [output.name, output] as const),
      ]),
    },
  };
  const shapes = Object.fromEntries(graph.inputs.map(({ name }) => [name, x[name]!.shape]));
  const g = GraphBuilder.from(opened, { shapes });
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
    watched: new Map(watch ? nodeValues : []),
    weight: ({ key }) => g.value(key),
  };
}
