// The order in which nodes can run. ONNX asks for it in files, and yet exporters forget it.
import { CajalError } from "@cajal/core";
import type { Graph, Node } from "./model";

/**
 * A graph's nodes so that each comes after those whose outputs it uses, else in their own order.
 *
 * @throws CajalError `bad-model` for a cycle; the message names its nodes
 */
export function topologicalOrder(nodes: readonly Node[]): readonly Node[] {
  const producer = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) if (name) producer.set(name, node);
  const finished = new Set<Node>();
  const open = new Set<Node>();
  const order: Node[] = [];
  // Depth first, with a stack of its own: graphs may be thousands of nodes deep.
  for (const root of nodes) {
    const stack: { node: Node; pending: Node[] }[] = [];
    const enter = (node: Node) => {
      open.add(node);
      const producers = usedNames(node).flatMap((name) => producer.get(name) ?? []);
      stack.push({ node, pending: producers.toReversed() });
    };
    if (!finished.has(root)) enter(root);
    while (stack.length > 0) {
      const current = stack.at(-1)!;
      const next = current.pending.pop();
      if (next === undefined) {
        stack.pop();
        open.delete(current.node);
        finished.add(current.node);
        order.push(current.node);
      } else if (open.has(next))
        throw cycle(
          stack.map(({ node }) => node),
          next,
        );
      else if (!finished.has(next)) enter(next);
    }
  }
  return order;
}

/** Names that a node uses: its inputs, and what the graphs in it use of the values around them. */
export const usedNames = (node: Node): readonly string[] => [
  ...node.inputs.filter((name) => name !== ""),
  ...capturesIn(node),
];

/** Names that the graphs inside a node use of the values around it. */
export const capturesIn = ({ attributes }: Node): readonly string[] =>
  Object.values(attributes).flatMap((attribute) =>
    attribute.type === "graph" ? capturesOf(attribute.value) : [],
  );

const captures = new WeakMap<Graph, readonly string[]>();

/** Names that a graph uses and does not define, each once. */
export function capturesOf(graph: Graph): readonly string[] {
  const cached = captures.get(graph);
  if (cached) return cached;
  const ownNames = new Set([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  for (const node of graph.nodes) for (const name of node.outputs) ownNames.add(name);
  const names = new Set([
    ...graph.nodes.flatMap(usedNames),
    ...graph.outputs.map(({ name }) => name),
  ]);
  const captured = [...names].filter((name) => name !== "" && !ownNames.has(name));
  captures.set(graph, captured);
  return captured;
}

function cycle(path: readonly Node[], backTo: Node): CajalError {
  const names = path
    .slice(path.indexOf(backTo))
    .map((node) => node.name || node.outputs[0] || node.op);
  return new CajalError(
    "bad-model",
    `the graph has a cycle: ${[...names, names[0]].map((name) => JSON.stringify(name)).join(" → ")}, each used by the one before.`,
    { cycle: names },
  );
}
