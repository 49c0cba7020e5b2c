// What of a graph lies before and behind values. A node with graphs within may read any value before it.
import type { Node } from "@cajal/onnx";
import { hasSubgraph } from "./hasSubgraph";

/** What values are computed from, and they themselves. */
export function valuesBefore(nodes: readonly Node[], names: readonly string[]): Set<string> {
  const before = new Set(names);
  nodes.forEach((_, i) => {
    const node = nodes.at(-1 - i)!;
    if (!node.outputs.some((name) => before.has(name))) return;
    const read = hasSubgraph(node) ? nodes.slice(0, -1 - i).flatMap(({ outputs }) => outputs) : [];
    for (const name of [...node.inputs, ...read]) before.add(name);
  });
  return before;
}

/** What is computed from a value's numbers, not from its shape alone, and it itself. */
export function valuesAfter(nodes: readonly Node[], name: string): Set<string> {
  const after = new Set([name]);
  const reads = ({ op, domain, inputs }: Node) =>
    !(domain === "" && ["Shape", "Size"].includes(op)) && inputs.some((input) => after.has(input));
  for (const node of nodes)
    if (hasSubgraph(node) || reads(node)) node.outputs.forEach((output) => after.add(output));
  return after;
}
