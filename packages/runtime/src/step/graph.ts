// Prepares an ONNX graph for training: which of its initializers are parameters, and the input of its last
// activation.
import { CajalError, unknownName, type Shape, type Tensor, type Weights } from "@cajal/core";
import {
  GraphBuilder,
  isCarried,
  operatorFacts,
  upgradeModel,
  type Dim,
  type ElementType,
  type Graph,
  type Node,
  type OnnxModel,
} from "@cajal/onnx";
import { namesReadBy } from "./namesReadBy";
import { checkEnding, endingOfGraph } from "./ending";
import { trainedOutputs, type TrainedOutput } from "./outputs";
import type { TrainStepOptions } from "./trainStep";
import { checkAnyTrained, checkMultipliers, type ModelWeight, type TrainableGraph } from "./model";

/** @throws CajalError `unknown-name` for an initializer that is not a parameter; `unsupported`, `bad-argument` */
export function trainableGraph(
  source: OnnxModel,
  options: TrainStepOptions,
): { readonly trainable: TrainableGraph; readonly initialWeights: Weights } {
  const { frozen = [], inferenceMode = [], learningRateMultipliers = {} } = options;
  const model = upgradeModel(source);
  const { graph } = model;
  checkMultipliers("initializer", learningRateMultipliers);
  if (inferenceMode.length > 0)
    throw new CajalError(
      "unsupported",
      `inferenceMode: got ${JSON.stringify(inferenceMode)}, and an ONNX model has no layers: its graph says what computes as in inference. Leave the option out, or give a Keras model.`,
      { inferenceMode },
    );
  for (const { name, dtype } of graph.inputs)
    if (!isFed(dtype))
      throw new CajalError(
        "unsupported",
        `input "${name}": got ${dtype}, expected float32, int32, int64 or bool. Training takes models of such inputs.`,
        { input: name, dtype },
      );

  const outputNames = graph.outputs.map(({ name }) => name);
  const trainedList = trainedOutputs(outputNames, options);
  /** The outputs, replaced by the inputs of their last activations where losses take logits. */
  const graphOutputs = [...graph.outputs];
  const outputs = trainedList.map((output): TrainedOutput => {
    const { fromLogits } = output.loss;
    const { index } = output;
    checkEnding(output.loss, endingOfGraph(model, index), graph.outputs[index]!.shape);
    const logits = fromLogits && beforeActivation(graph, index, fromLogits.activation);
    if (logits === undefined || outputNames.includes(logits)) return output;
    graphOutputs[index] = { ...graph.outputs[index]!, name: logits };
    return { ...output, ...fromLogits };
  });
  const nodes = nodesBefore(
    graph,
    outputs.map(({ index }) => graphOutputs[index]!.name),
  );
  const names = parametersOf(graph, nodes);
  const frozenNames = new Set(frozen.flatMap((name) => matchingNames(name, names)));
  const factors = new Map(
    Object.entries(learningRateMultipliers).flatMap(([name, factor]) =>
      matchingNames(name, names).map((each) => [each, factor] as const),
    ),
  );
  const weights = names.map((key): ModelWeight => ({
    key,
    shape: graph.initializers.get(key)!.shape,
    trainable: true,
    ...(!frozenNames.has(key) && { multiplier: factors.get(key) ?? 1 }),
  }));
  checkAnyTrained("initializers", weights);
  const inputs = graph.inputs.map(({ name, dtype, shape }) => ({
    name,
    dtype: dtype as FedType, // checked above
    shape: staticShape(name, shape),
  }));
  const trainedIndices = new Set(trainedList.map(({ index }) => index));
  const shapes = graph.outputs.map(({ name, shape }, i) => (trainedIndices.has(i) ? staticShape(name, shape) : [])); // prettier-ignore
  return {
    trainable: {
      graph: {
        ...model,
        graph: { ...graph, nodes, outputs: graphOutputs.filter((_, i) => trainedIndices.has(i)) },
      },
      allNodes: graph.nodes,
      weights,
      inputs,
      tables: [],
      outputNames,
      outputs,
      outputShapes: outputShapesOf(model, shapes),
    },
    initialWeights: new Map(names.map((name) => [name, initialOf(graph, name)])),
  };
}

/**
 * Shapes of the outputs for a batch. A free extent that does not follow from those of x is assumed to be that of the first
 * input at the same axis.
 */
function outputShapesOf(
  model: OnnxModel,
  stated: readonly (readonly (number | null)[])[],
): TrainableGraph["outputShapes"] {
  const { inputs, outputs } = model.graph;
  const hasFreeBatchAlone = stated.every((shape) => !shape.slice(1).includes(null));
  const known = new Map<string, Shape[]>();
  const complete = (x: Readonly<Record<string, Shape>>, g?: GraphBuilder): Shape[] =>
    stated.map((shape, i) => {
      const inferred = g && shape.includes(null) ? g.value(outputs[i]!.name).shape : undefined;
      return shape.map((extent, axis) => {
        if (extent !== null) return extent;
        const size = inferred?.[axis];
        return typeof size === "number" ? size : (x[inputs[0]!.name]![axis] ?? 0);
      });
    });
  return (x) => {
    if (hasFreeBatchAlone) return complete(x);
    const key = JSON.stringify(x);
    const cached = known.get(key);
    if (cached) return cached;
    const shapes = complete(x, GraphBuilder.from(model, { shapes: x }));
    // Of sequences each batch may have a length of its own.
    if (known.size >= mostShapes) known.clear();
    known.set(key, shapes);
    return shapes;
  };
}

const mostShapes = 256;

/** Types of inputs that batches may have: integers are numbers of words, or flags as in a mask. */
const fedTypes = ["float32", "int32", "int64", "bool"] as const;
type FedType = (typeof fedTypes)[number];
const isFed = (dtype: ElementType): dtype is FedType => (fedTypes as readonly string[]).includes(dtype); // prettier-ignore

function initialOf({ initializers }: Graph, name: string): Tensor {
  const value = initializers.get(name)!;
  if (!isCarried(value)) return value;
  throw new CajalError(
    "unsupported",
    `initializer "${name}" is of type ${value.dtype}, which is not trained.`,
    { initializer: name, dtype: value.dtype },
  );
}

/**
 * Names of the initializers of an ONNX graph that training changes: those of float32 with axes that its outputs depend
 * on, in the order in which they are used. Statistics of normalizations, limits and the like are none.
 */
export function parameterNames(model: OnnxModel): string[] {
  const { graph } = upgradeModel(model);
  return parametersOf(graph, nodesBefore(graph, graph.outputs.map(({ name }) => name))); // prettier-ignore
}

/** The nodes that the named values depend on, in their order. */
function nodesBefore({ nodes, initializers }: Graph, names: readonly string[]): Node[] {
  const needed = new Set(names);
  const ancestors: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    ancestors.push(node);
    for (const input of namesReadBy(node)) if (!initializers.has(input)) needed.add(input);
  }
  return ancestors.toReversed();
}

/**
 * The float32 initializers that are parameters, in the order in which they are used. Those without
 * axes are constants of a formula, such as the 0.5 in a GELU.
 */
function parametersOf({ initializers }: Graph, nodes: readonly Node[]): string[] {
  const parameters = new Set<string>();
  const settings = new Set<string>();
  for (const { op, domain, inputs } of withInnerNodes(nodes))
    inputs.forEach((name, i) => {
      const value = initializers.get(name);
      if (value?.dtype !== "float32" || value.shape.length === 0) return;
      (operatorFacts(op, domain).settings?.includes(i) ? settings : parameters).add(name);
    });
  return [...parameters].filter((name) => !settings.has(name));
}

/** Nodes, and those of the graphs within them: a loop's body reads what lies around it. */
const withInnerNodes = (nodes: readonly Node[]): Node[] =>
  nodes.flatMap((node) => [
    node,
    ...Object.values(node.attributes).flatMap((each) => each.type === "graph" ? withInnerNodes(each.value.nodes) : []),
  ]); // prettier-ignore

/** The parameter of that name, or all with that prefix; "layer1" matches "layer1.weight" and, if that exists, not "layer10.weight". */
function matchingNames(name: string, names: readonly string[]): readonly string[] {
  if (names.includes(name)) return [name];
  const prefixed = names.filter((each) => each.startsWith(name));
  const atWordEnd = prefixed.filter(
    (each) => !/\w$/.test(name) || /^\W/.test(each.slice(name.length)),
  );
  const matches = atWordEnd.length > 0 ? atWordEnd : prefixed;
  if (name === "" || matches.length === 0)
    throw unknownName("parameter of the graph, or beginning of its name", name, names);
  return matches;
}

/** The input of an output's last softmax or sigmoid; undefined where the graph ends otherwise. */
function beforeActivation(
  { nodes, inputs, outputs }: Graph,
  index: number,
  activation: "softmax" | "sigmoid",
): string | undefined {
  const maker = (name: string) => nodes.find((node) => node.outputs.includes(name));
  const endingAt = (node: Node | undefined) => node && operatorFacts(node.op, node.domain).ending;
  let last = maker(outputs[index]!.name);
  while (endingAt(last) === "same") last = maker(last!.inputs[0]!);
  const ending = endingAt(last);
  if (!last || typeof ending !== "object" || ending.activation !== activation) return undefined;
  // Losses take classes along the last axis.
  const axis = last.attributes.axis?.type === "int" ? last.attributes.axis.value : -1;
  if (axis !== -1 && axis + 1 !== outputs[index]!.shape?.length) return undefined;
  const logits = last.inputs[0]!;
  return inputs.some(({ name }) => name === logits) ? undefined : logits;
}

function staticShape(name: string, shape: readonly Dim[] | undefined): (number | null)[] {
  if (!shape)
    throw new CajalError(
      "unsupported",
      `"${name}": its rank is not known. Training needs a graph whose input and output state theirs.`,
      { name },
    );
  return shape.map((extent) => (typeof extent === "number" ? extent : null));
}
