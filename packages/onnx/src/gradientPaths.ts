// Which way gradients go in a graph: through which nodes, and where they end because a value moves in steps.
import type { GraphBuilder, Value } from "./graph/builder";
import { checkBuilder, checkValue } from "./graph/checkValue";
import { gradients as definitions } from "./gradients";
import type { ElementType } from "./model/elementType";
import type { Node } from "./model/model";
import { capturesIn } from "./model/topologicalOrder";
import { operator } from "./operators";

const byName = new Map(definitions.map((each) => [`${each.domain ?? ""}.${each.op}`, each]));

/** The gradient of an operator, if it has one. */
export const definitionOf = ({ op, domain }: Pick<Node, "op" | "domain">) =>
  byName.get(`${domain}.${op}`);

/** Types that are not stepped; those that are only carried among them, so that they are refused and give no zeros. */
export const isFloat = (dtype: ElementType) => /float|complex/.test(dtype);

/**
 * The nodes on the way from `inputs` to `outputs`, each with the inputs through which the way
 * leads.
 */
export function nodesBetween(
  g: GraphBuilder,
  nodes: readonly Node[],
  outputs: readonly Value[],
  inputs: readonly Value[],
): Map<Node, readonly number[]> {
  const { reached } = reachedFrom(g, nodes, inputs);
  const needed = new Set(outputs.map(({ name }) => name));
  for (const node of nodes.toReversed()) {
    if (node.outputs.some((name) => needed.has(name)))
      for (const i of reached.get(node) ?? []) needed.add(node.inputs[i]!);
    else reached.delete(node);
  }
  return reached;
}

/** The nodes that change when `inputs` do, with the inputs through which they do, and the values that move. */
function reachedFrom(g: GraphBuilder, nodes: readonly Node[], inputs: readonly Value[]) {
  const moving = new Set(inputs.map(({ name }) => name));
  const reached = new Map<Node, readonly number[]>();
  /** Those whose outputs move in steps alone. */
  const ends = new Set<Node>();
  for (const node of nodes) {
    const through: number[] = [];
    const ignored = definitionOf(node)?.ignores;
    node.inputs.forEach((name, i) => {
      if (name !== "" && moving.has(name) && !ignored?.includes(i)) through.push(i);
    });
    // What a graph inside the node reads of the graph around it is an input of the node, too.
    const captures = capturesIn(node).some((name) => moving.has(name));
    if (through.length === 0 && !captures) continue;
    const moved = operator(node.op, node.domain)?.steps
      ? []
      : // What is whole numbers moves in steps.
        node.outputs.filter((name) => name !== "" && isFloat(g.value(name).dtype));
    if (moved.length === 0) ends.add(node);
    if (operator(node.op, node.domain)?.steps) continue;
    reached.set(node, through);
    for (const name of moved) moving.add(name);
  }
  return { moving, reached, ends };
}

/**
 * Where the gradients of `of` end, if all of them by `withRespectTo` are 0 whatever the values are: the nodes
 * whose outputs move in steps (Hardmax, Floor, ArgMax), nearest to `of` first; none where `of` does not depend on
 * those values at all. Undefined where some gradient is not 0 by construction.
 */
export function vanishingAt(
  g: GraphBuilder,
  of: readonly Value[],
  withRespectTo: readonly Value[],
): readonly Node[] | undefined {
  checkBuilder("vanishingAt", g);
  for (const value of [...of, ...withRespectTo]) checkValue("vanishingAt", value);
  const { moving, ends } = reachedFrom(g, g.nodes, withRespectTo);
  if (of.some(({ name }) => moving.has(name))) return undefined;
  const needed = new Set(of.map(({ name }) => name));
  return g.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const name of [...node.inputs, ...capturesIn(node)]) needed.add(name);
    return ends.has(node);
  });
}
