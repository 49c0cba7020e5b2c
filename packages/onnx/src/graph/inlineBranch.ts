// An If whose condition is known while a graph is loaded (PyTorch's exporter asks whether an extent is 1 before it
// squeezes) becomes the nodes of the branch that runs: there is no gradient through an If, and no need of one.
import type { Graph, Node, ValueInfo } from "../model/model";
import { operator } from "../operators";
import type { GraphAssembler } from "./assembler";
import { renamedNodes } from "./inlineCalls";

/** What stands in place of an If. */
export interface Branch {
  readonly nodes: readonly Node[];
  /** What the branch states of its values, by their new names. */
  readonly statedTypes: ReadonlyMap<string, ValueInfo>;
}

/**
 * The branch that runs, its constants added to `g`; undefined where it is not known which, and for other nodes.
 */
export function inlineBranch(node: Node, g: GraphAssembler): Branch | undefined {
  const skippedBranch = operator(node.op, node.domain)?.skips?.(
    node.inputs.map((name) => g.find(name)),
  );
  if (skippedBranch === undefined) return undefined;
  const [branch, ...otherBranches] = Object.entries(node.attributes).flatMap(([name, attribute]) =>
    attribute.type === "graph" && name !== skippedBranch ? [attribute.value] : [],
  );
  return branch && otherBranches.length === 0 ? branchOf(node, branch, g) : undefined;
}

function branchOf(node: Node, graph: Graph, g: GraphAssembler): Branch {
  const scope = node.name || node.outputs[0] || node.op;
  const ownNames = new Set([...graph.initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)]); // prettier-ignore
  ownNames.delete("");
  const names = new Map<string, string>();
  const copies: Node[] = [];
  graph.outputs.forEach(({ name }, i) => {
    const outputName = node.outputs[i] ?? "";
    if (outputName === "") return;
    // A constant, a value from around the If, or an output twice is a copy.
    if (ownNames.has(name) && !graph.initializers.has(name) && !names.has(name)) names.set(name, outputName);
    else copies.push({ op: "Identity", domain: "", name: g.freshName(scope), inputs: [name], outputs: [outputName], attributes: {} }); // prettier-ignore
  });
  for (const name of ownNames)
    if (!names.has(name)) names.set(name, g.freshName(`${scope}/${name}`));
  const newName = (name: string) => names.get(name) ?? name;
  for (const [name, data] of graph.initializers) g.initializer(newName(name), data);
  const statedTypes = new Map(
    [...graph.values.values(), ...graph.outputs]
      .filter(({ name, dtype }) => ownNames.has(name) && dtype !== "undefined")
      .map((value) => [newName(value.name), { ...value, name: newName(value.name) }] as const),
  );
  const nodes = [
    ...renamedNodes(graph.nodes, scope, newName),
    ...copies.map((copy) => ({ ...copy, inputs: copy.inputs.map(newName) })),
  ];
  return { nodes, statedTypes };
}
