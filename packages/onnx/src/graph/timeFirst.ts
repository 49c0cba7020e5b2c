// RNN, GRU and LSTM with the batch first (layout 1), which ONNX Runtime (1.30) has no kernels for, as the same with
// the steps first, between transpositions (ONNX Operators, LSTM-14).
import { checkStructure } from "../model/checkStructure";
import type { Attribute, Graph, Node, OnnxModel } from "../model/model";

const recurrent = ["RNN", "GRU", "LSTM"];

/** [batch, a, b] ↔ [a, batch, b] */
export const swapFirstAxes = [1, 0, 2];
/** What makes [batch, steps, directions, units] of [steps, directions, batch, units]. */
export const sequence = [2, 0, 1, 3];
/** The inputs whose batch comes first: X, initial_h, initial_c. */
export const batched = [0, 5, 6];

/** The model with every recurrent node of layout 1 written with layout 0; the model itself where there is none. */
export function timeFirst(model: OnnxModel): OnnxModel {
  checkStructure(model, "timeFirst");
  return stepsFirst(model);
}

/** The same of a model that is checked. */
export function stepsFirst(model: OnnxModel): OnnxModel {
  if (!hasBatchFirst(model.graph)) return model;
  return { ...model, graph: inGraph(model.graph, new Set()) };
}

const hasBatchFirst = ({ nodes }: Graph): boolean =>
  nodes.some(
    (node) =>
      isBatchFirst(node) ||
      Object.values(node.attributes).some(
        (attribute) => attribute.type === "graph" && hasBatchFirst(attribute.value),
      ),
  );

/** @param takenNames names of values in the graphs around */
function inGraph(graph: Graph, takenNames: ReadonlySet<string>): Graph {
  if (!hasBatchFirst(graph)) return graph;
  const names = new Set([
    ...takenNames,
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const nodes = graph.nodes
    .map((node) => withGraphs(node, names))
    .flatMap((node) => (isBatchFirst(node) ? rewriteNode(node, names) : [node]));
  return { ...graph, nodes };
}

const isBatchFirst = ({ op, domain, attributes }: Node) =>
  domain === "" && recurrent.includes(op) && attributes["layout"]?.value === 1;

/** A node whose inner graphs are written so, too. */
const withGraphs = (node: Node, names: ReadonlySet<string>): Node => ({
  ...node,
  attributes: Object.fromEntries(
    Object.entries(node.attributes).map(([name, attribute]) => [
      name,
      attribute.type === "graph" ? { ...attribute, value: inGraph(attribute.value, names) } : attribute, // prettier-ignore
    ]),
  ),
});

function rewriteNode(node: Node, names: Set<string>): Node[] {
  const at = node.name || node.outputs.find(Boolean) || node.op;
  const freshName = (what: string) => {
    let name = `${at}/${what}`;
    while (names.has(name)) name += "_";
    names.add(name);
    return name;
  };
  const nodesBefore: Node[] = [];
  const nodesAfter: Node[] = [];
  const addTranspose = (nodes: Node[], input: string, output: string, perm: readonly number[]) => {
    const attributes = { perm: { type: "ints", value: perm } } satisfies Record<string, Attribute>;
    nodes.push({ op: "Transpose", domain: "", name: freshName("Transpose"), inputs: [input], outputs: [output], attributes }); // prettier-ignore
  };
  const inputs = node.inputs.map((name, i) => {
    if (name === "" || !batched.includes(i)) return name;
    const valueName = freshName(`steps first ${i}`);
    addTranspose(nodesBefore, name, valueName, swapFirstAxes);
    return valueName;
  });
  const outputs = node.outputs.map((name, i) => {
    if (name === "") return name;
    const valueName = freshName(`steps first, output ${i}`);
    addTranspose(nodesAfter, valueName, name, i === 0 ? sequence : swapFirstAxes);
    return valueName;
  });
  const { layout: _, ...attributes } = node.attributes;
  return [...nodesBefore, { ...node, inputs, outputs, attributes }, ...nodesAfter];
}
