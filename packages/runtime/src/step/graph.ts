// What a training step asks of an ONNX graph: which of its initializers are parameters, and what its
// last activation is applied to.
import { CajalError, unknownName, type Tensor, type Weights } from "@cajal/core";
import {
  isCarried,
  operatorFacts,
  upgradeModel,
  type Dim,
  type Graph,
  type Node,
  type OnnxModel,
} from "@cajal/onnx";
import { checkEnding, endingOfGraph } from "./ending";
import { trainedOutputs, type TrainedOutput } from "./outputs";
import type { TrainStepOptions } from "./trainStep";
import { checkAnyTrained, checkMultipliers, type ModelWeight, type TrainableGraph } from "./model";

/** @throws CajalError `unknown-name` for an initializer that is not trained anyway; `unsupported`, `bad-argument` */
export function trainableGraph(
  source: OnnxModel,
  options: TrainStepOptions,
): { readonly trained: TrainableGraph; readonly begin: Weights } {
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
    if (dtype !== "float32")
      throw new CajalError(
        "unsupported",
        `input "${name}": got ${dtype}, expected float32. Training takes models of float32 inputs.`,
        { input: name, dtype },
      );

  const outputNames = graph.outputs.map(({ name }) => name);
  const chosen = trainedOutputs(outputNames, options);
  /** What the outputs are to be: before their last activations, where losses take that. */
  const ends = [...graph.outputs];
  const outputs = chosen.map((output): TrainedOutput => {
    const { fromLogits } = output.loss;
    const { index } = output;
    const logits = fromLogits && beforeActivation(graph, index, fromLogits.activation);
    if (logits === undefined || outputNames.includes(logits)) {
      checkEnding(output.loss, endingOfGraph(graph, index));
      return output;
    }
    ends[index] = { ...graph.outputs[index]!, name: logits };
    return { ...output, ...fromLogits };
  });
  const nodes = nodesBefore(
    graph,
    outputs.map(({ index }) => ends[index]!.name),
  );
  const names = parametersOf(graph, nodes);
  const frozenNames = new Set(frozen.flatMap((name) => named(name, names)));
  const factors = new Map(
    Object.entries(learningRateMultipliers).flatMap(([name, factor]) =>
      named(name, names).map((each) => [each, factor] as const),
    ),
  );
  const weights = names.map((key): ModelWeight => ({
    key,
    shape: graph.initializers.get(key)!.shape,
    trainable: true,
    ...(!frozenNames.has(key) && { multiplier: factors.get(key) ?? 1 }),
  }));
  checkAnyTrained("initializers", weights);
  const inputs = graph.inputs.map(({ name, shape }) => ({
    name,
    dtype: "float32" as const,
    shape: staticShape(name, shape),
  }));
  const trained = new Set(chosen.map(({ index }) => index));
  const shapes = graph.outputs.map(({ name, shape }, i) => (trained.has(i) ? staticShape(name, shape) : [])); // prettier-ignore
  return {
    trained: {
      graph: {
        ...model,
        graph: { ...graph, nodes, outputs: ends.filter((_, i) => trained.has(i)) },
      },
      weights,
      inputs,
      outputNames,
      outputs,
      // A free extent inside is taken as the first input's own, where ranks agree.
      outputShapes: (x) =>
        shapes.map((shape) =>
          shape.map((extent, axis) => extent ?? x[inputs[0]!.name]![axis] ?? 0),
        ),
    },
    begin: new Map(names.map((name) => [name, initialOf(graph, name)])),
  };
}

function initialOf({ initializers }: Graph, name: string): Tensor {
  const value = initializers.get(name)!;
  if (!isCarried(value)) return value;
  throw new CajalError(
    "unsupported",
    `initializer "${name}" is of type ${value.dtype}, which is not trained.`,
    { initializer: name, dtype: value.dtype },
  );
}

/** The nodes that values are made by, in their order. */
function nodesBefore({ nodes, initializers }: Graph, names: readonly string[]): Node[] {
  const needed = new Set(names);
  const ancestors: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    ancestors.push(node);
    for (const input of readBy(node)) if (!initializers.has(input)) needed.add(input);
  }
  return ancestors.toReversed();
}

/** What a node reads; the graphs inside it see the values around. */
const readBy = ({ inputs, attributes }: Node): string[] => [
  ...inputs,
  ...Object.values(attributes).flatMap((attribute) =>
    attribute.type === "graph"
      ? [...attribute.value.nodes.flatMap(readBy), ...attribute.value.outputs.map((o) => o.name)]
      : [],
  ),
];

/**
 * The float32 initializers that are parameters, in the order in which they are used. Those without
 * axes are numbers of a formula, such as the 0.5 in a GELU.
 */
function parametersOf({ initializers }: Graph, nodes: readonly Node[]): string[] {
  const read = new Set<string>();
  const settings = new Set<string>();
  for (const { op, domain, inputs } of nodes)
    inputs.forEach((name, i) => {
      const value = initializers.get(name);
      if (value?.dtype !== "float32" || value.shape.length === 0) return;
      (operatorFacts(op, domain).settings?.includes(i) ? settings : read).add(name);
    });
  return [...read].filter((name) => !settings.has(name));
}

/** The parameter of that name, or all whose names begin with it: "layer1" is not "layer10.weight" where it is "layer1.weight". */
function named(name: string, names: readonly string[]): readonly string[] {
  if (names.includes(name)) return [name];
  const beginning = names.filter((each) => each.startsWith(name));
  const parts = beginning.filter(
    (each) => !/\w$/.test(name) || /^\W/.test(each.slice(name.length)),
  );
  const matching = parts.length > 0 ? parts : beginning;
  if (name === "" || matching.length === 0)
    throw unknownName("parameter of the graph, or beginning of its name", name, names);
  return matching;
}

/** The value that an output's last softmax or sigmoid is applied to; undefined where it ends otherwise. */
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
  // Losses go along the last axis.
  const axis = last.attributes.axis?.type === "int" ? last.attributes.axis.value : -1;
  if (axis !== -1 && axis + 1 !== outputs[index]!.shape?.length) return undefined;
  const before = last.inputs[0]!;
  return inputs.some(({ name }) => name === before) ? undefined : before;
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
