// An ONNX graph up to a node or value, without what only the rest needed.
import { CajalError, unknownName } from "@cajal/core";
import {
  inferShapes,
  withInitializers,
  type Node,
  type OnnxModel,
  type ValueInfo,
} from "@cajal/onnx";
import { floatsOf, type LoadedGraph } from "./loadedGraph";

/**
 * The graph up to a value, which becomes its output.
 *
 * @param name of the value, or of the node whose first output it is
 * @throws CajalError `unknown-name` with the names that there are
 */
export function cutGraph({ model: network, weights }: LoadedGraph, name: string): LoadedGraph {
  const model = weights ? withInitializers(network, weights) : network;
  const { graph } = model;
  const node = graph.nodes.find((one) => one.name === name && one.name !== "");
  const isComputed = graph.nodes.some(({ outputs }) => outputs.includes(name));
  const value =
    isComputed || graph.inputs.some((input) => input.name === name) ? name : node?.outputs[0];
  if (!value)
    throw unknownName(`node or value of ${graph.name || "the graph"}`, name, [
      ...graph.nodes.flatMap((one) => (one.name ? [one.name] : [])),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
  const part = pruned(model, [infoOf(model, value)]);
  return { model: part, weights: floatsOf(part) };
}

/** Type and shape of a value, as far as the graph tells. */
export function infoOf(model: OnnxModel, name: string): ValueInfo {
  const stated = model.graph.outputs.find((output) => output.name === name);
  const info = inferShapes(model).get(name) ?? stated;
  if (info) return info;
  throw new CajalError("unsupported", `value "${name}": nothing tells its type and shape.`, {
    name,
  });
}

/** The model with those outputs, without nodes, initializers and inputs that none of them needs. */
export function pruned(model: OnnxModel, outputs: readonly ValueInfo[]): OnnxModel {
  const { graph } = model;
  const needed = new Set(outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.unshift(node);
    for (const name of readBy(node)) needed.add(name);
  }
  return {
    ...model,
    graph: {
      ...graph,
      nodes,
      outputs,
      inputs: graph.inputs.filter(({ name }) => needed.has(name)),
      initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    },
  };
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
