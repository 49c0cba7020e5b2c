// Several training steps as one graph: a Scan whose body is the graph of one step, whose states are the weights and the
// optimizer's slots, and which takes the batches one by one. Where a provider cannot keep arrays on its device between
// runs (ONNX Runtime's cuda, from Node), they cross the bus once per run instead of once per step.
import { sizeOf, tensor } from "@cajal/core";
import type { Attribute, Graph, Node, OnnxModel, ValueInfo } from "@cajal/onnx";
import type { StepGraph } from "./stepGraph";

/** The names around the body differ from those in it: ONNX has one scope for both. */
const before = "before/";
const after = "after/";

/** Name of the input of a graph of several steps for the values of an input of one, along a new first axis. */
export const stackedName = (input: string): string => `stacked/${input}`;

/**
 * The graph of `count` steps. Its numbers are those of all steps, one after the other.
 *
 * @param step of kind "train", which gives new weights flattened
 */
export function scanSteps(step: StepGraph, count: number): StepGraph {
  const { model, updatedNames } = step;
  const { graph } = model;
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const outputs = new Map(graph.outputs.map((output) => [output.name, output]));
  const outputOf = (array: string) => outputs.get(step.outputFor(array))!;
  const states = updatedNames.map((name): ValueInfo => flattened(outputOf(name), name));
  const isFed = feedsOf(step);
  const slices = graph.inputs.filter(({ name }) => isFed(name));
  const updated = new Set(updatedNames);
  const constants = graph.inputs.filter(({ name }) => !isFed(name) && !updated.has(name));
  const numbers = outputs.get(step.numbersOutput)!;

  // States are flat: were they in shape, each new one would be copied into its shape.
  const initializers = new Map(graph.initializers);
  const readers: Node[] = [];
  const bodyStates = states.map((state): ValueInfo => {
    // A new value may not depend on the old one, as an average of momentum 0: nothing reads its input then.
    const { shape } = inputs.get(state.name) ?? state;
    if (shape!.length === 1) return state;
    const [flat, extents] = [`flat/${state.name}`, `shape of ${state.name}`];
    initializers.set(extents, tensor("int64", [shape!.length], shape!.map(Number)));
    readers.push(node("Reshape", [flat, extents], [state.name]));
    return { ...state, name: flat };
  });
  const body: Graph = {
    ...graph,
    name: "step",
    nodes: [...readers, ...graph.nodes],
    initializers,
    inputs: [...bodyStates, ...slices],
    outputs: [...updatedNames.map(outputOf), numbers],
  };
  const stacked = (value: ValueInfo): ValueInfo => ({
    ...value,
    name: stackedName(value.name),
    shape: [count, ...(value.shape ?? [])],
  });
  const allNumbers = stacked(numbers);
  const numbersOutput = after + numbers.name;
  const line = "line";
  const scan = node(
    "Scan",
    [...states.map(({ name }) => before + name), ...slices.map(({ name }) => stackedName(name))],
    [...states.map(({ name }) => after + name), allNumbers.name],
    {
      body: { type: "graph", value: body },
      num_scan_inputs: { type: "int", value: slices.length },
    },
  );
  const scanned: OnnxModel = {
    ...model,
    graph: {
      name: `${count} steps`,
      nodes: [scan, node("Reshape", [allNumbers.name, line], [numbersOutput])],
      initializers: new Map([[line, tensor("int64", [1], [-1])]]),
      inputs: [
        ...constants,
        ...states.map((state) => ({ ...state, name: before + state.name })),
        ...slices.map(stacked),
      ],
      outputs: [
        ...states.map((state) => ({ ...state, name: after + state.name })),
        flattened(allNumbers, numbersOutput),
      ],
      values: new Map(),
    },
  };
  return {
    ...step,
    model: scanned,
    numbersOutput,
    arrayOf: (input) => (input.startsWith(before) ? input.slice(before.length) : input),
    outputFor: (array) => after + array,
  };
}

const flattened = (value: ValueInfo, name: string): ValueInfo => ({
  ...value,
  name,
  shape: [sizeOf(value.shape as number[])],
});

/** Whether an input of the graph is fed with each step, and not a weight or slot. */
function feedsOf({ feeds: { x, y, weight } }: StepGraph): (input: string) => boolean {
  const fed = new Set([...x.values(), ...y.values(), ...weight.values(), ...positionInputs]);
  return (input) => fed.has(input);
}

/** The inputs for the position of a step. */
const positionInputs = ["input/learning_rate", "input/iteration", "input/seed"];

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({ op, domain: "", name: outputs[0]!, inputs, outputs, attributes });
