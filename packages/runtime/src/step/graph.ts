// What a training step asks of an ONNX graph: which of its initializers are parameters, and what its
// last activation is applied to.
import { CajalError, unknownName } from "@cajal/core";
import { upgradeModel, type Dim, type Graph, type Node, type OnnxModel } from "@cajal/onnx";
import { checkEnding, endingOfGraph } from "./ending";
import type { TrainStepOptions } from "./trainStep";
import {
  checkAnyTrained,
  checkDoors,
  checkMultipliers,
  type ModelWeight,
  type TrainableGraph,
} from "./model";

/** @throws CajalError `unknown-name` for an initializer that is not trained anyway; `unsupported`, `bad-argument` */
export function trainableGraph(
  given: OnnxModel,
  { loss, frozen = [], learningRateMultipliers = {} }: TrainStepOptions,
): TrainableGraph {
  const model = upgradeModel(given);
  const { graph } = model;
  checkDoors(graph.inputs.length, graph.outputs.length);
  checkMultipliers("initializer", learningRateMultipliers);
  const [input, output] = [graph.inputs[0]!, graph.outputs[0]!];
  if (input.dtype !== "float32")
    throw new CajalError(
      "unsupported",
      `input "${input.name}": got ${input.dtype}, expected float32. Training takes models of float32 inputs.`,
      { input: input.name, dtype: input.dtype },
    );

  const { fromLogits } = loss;
  const logits = fromLogits && beforeActivation(graph, fromLogits.activation);
  if (logits === undefined) checkEnding(loss, endingOfGraph(graph));
  const nodes = nodesBefore(graph, logits ?? output.name);
  const names = parametersOf(graph, nodes);
  const still = new Set(frozen.flatMap((name) => named(name, names)));
  const factors = new Map(
    Object.entries(learningRateMultipliers).flatMap(([name, factor]) =>
      named(name, names).map((each) => [each, factor] as const),
    ),
  );
  const weights = names.map((key): ModelWeight => ({
    key,
    shape: graph.initializers.get(key)!.shape,
    trainable: true,
    ...(!still.has(key) && { multiplier: factors.get(key) ?? 1 }),
  }));
  checkAnyTrained("initializers", weights);
  const outputShape = known(output.name, output.shape);
  const made = logits === undefined ? output : { ...output, name: logits };
  return {
    graph: { ...model, graph: { ...graph, nodes, outputs: [made] } },
    weights,
    input: known(input.name, input.shape),
    dtype: "float32",
    // A free extent inside is taken as the input's own, where ranks agree.
    output: (x) => outputShape.map((extent, axis) => extent ?? x[axis] ?? 0),
    ...(fromLogits && logits !== undefined
      ? { loss: fromLogits.loss, activation: fromLogits.activation }
      : { loss }),
  };
}

/** The nodes that a value is made by, in their order. */
function nodesBefore({ nodes, initializers }: Graph, name: string): Node[] {
  const needed = new Set([name]);
  const found: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    found.push(node);
    for (const input of readBy(node)) if (!initializers.has(input)) needed.add(input);
  }
  return found.toReversed();
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

/** Inputs that say how an operator works, and no loss should move: number of the input. */
const settings: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4], // the statistics
  Clip: [1, 2],
  Dropout: [1, 2],
  Pad: [2],
  Resize: [1, 2],
};

/**
 * The float32 initializers that are parameters, in the order in which they are used. Those without
 * axes are numbers of a formula, such as the 0.5 in a GELU.
 */
function parametersOf({ initializers }: Graph, nodes: readonly Node[]): string[] {
  const found = new Set<string>();
  const set = new Set<string>();
  for (const { op, domain, inputs } of nodes)
    inputs.forEach((name, i) => {
      const value = initializers.get(name);
      if (value?.dtype !== "float32" || value.shape.length === 0) return;
      (domain === "" && settings[op]?.includes(i) ? set : found).add(name);
    });
  return [...found].filter((name) => !set.has(name));
}

/** The parameter of that name, or all whose names begin with it. */
function named(name: string, names: readonly string[]): readonly string[] {
  if (names.includes(name)) return [name];
  const found = names.filter((each) => each.startsWith(name));
  if (name === "" || found.length === 0)
    throw unknownName("parameter of the graph, or beginning of its name", name, names);
  return found;
}

/** The value that a graph's last softmax or sigmoid is applied to; undefined where it ends otherwise. */
function beforeActivation(
  { nodes, inputs, outputs }: Graph,
  activation: "softmax" | "sigmoid",
): string | undefined {
  const maker = (name: string) => nodes.find((node) => node.outputs.includes(name));
  let last = maker(outputs[0]!.name);
  while (last?.op === "Identity") last = maker(last.inputs[0]!);
  const op = { softmax: "Softmax", sigmoid: "Sigmoid" }[activation];
  if (!last || last.domain !== "" || last.op !== op) return undefined;
  const axis = last.attributes.axis?.type === "int" ? last.attributes.axis.value : -1;
  const rank = outputs[0]!.shape?.length;
  if (op === "Softmax" && axis !== -1 && axis + 1 !== rank) return undefined;
  const before = last.inputs[0]!;
  return before === inputs[0]!.name ? undefined : before;
}

function known(name: string, shape: readonly Dim[] | undefined): (number | null)[] {
  if (!shape)
    throw new CajalError(
      "unsupported",
      `"${name}": its rank is not known. Training needs a graph whose input and output state theirs.`,
      { name },
    );
  return shape.map((extent) => (typeof extent === "number" ? extent : null));
}
