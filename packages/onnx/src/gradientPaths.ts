// The nodes through which gradients flow, and those at which they end because their outputs are piecewise constant.
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

/** Types of continuous values. Those that are only carried are among them, so that they are refused instead of giving zeros. */
export const isFloat = (dtype: ElementType) => /float|complex/.test(dtype);

/** What a node reads: its inputs, and behind them, each once, what else the graphs in it read of the values around them. */
export function readsOf(node: Node): readonly string[] {
  const captures = capturesIn(node);
  if (captures.length === 0) return node.inputs;
  const others = new Set(captures);
  for (const name of node.inputs) others.delete(name);
  return [...node.inputs, ...others];
}

/** The nodes on the paths from `inputs` to `outputs`, each with the indices of what it reads that lies on a path. */
export function nodesBetween(
  g: GraphBuilder,
  nodes: readonly Node[],
  outputs: readonly Value[],
  inputs: readonly Value[],
): Map<Node, readonly number[]> {
  const { reachedInputs } = dependentsOf(g, nodes, inputs);
  const neededNames = new Set(outputs.map(({ name }) => name));
  for (const node of nodes.toReversed()) {
    if (node.outputs.some((name) => neededNames.has(name)))
      for (const i of reachedInputs.get(node) ?? []) neededNames.add(readsOf(node)[i]!);
    else reachedInputs.delete(node);
  }
  return reachedInputs;
}

/**
 * The nodes that depend on `inputs`, each with the indices of what it reads that does, the names of all values
 * that change continuously, and the nodes whose outputs are piecewise constant.
 */
function dependentsOf(g: GraphBuilder, nodes: readonly Node[], inputs: readonly Value[]) {
  const changingNames = new Set(inputs.map(({ name }) => name));
  const reachedInputs = new Map<Node, readonly number[]>();
  const steppedNodes = new Set<Node>();
  for (const node of nodes) {
    const inputIndices: number[] = [];
    const ignored = definitionOf(node)?.ignores;
    readsOf(node).forEach((name, i) => {
      if (name !== "" && changingNames.has(name) && !ignored?.includes(i)) inputIndices.push(i);
    });
    if (inputIndices.length === 0) continue;
    const changingOutputs = operator(node.op, node.domain)?.steps
      ? []
      : // Integers are piecewise constant.
        node.outputs.filter((name) => name !== "" && isFloat(g.value(name).dtype));
    if (changingOutputs.length === 0) steppedNodes.add(node);
    if (operator(node.op, node.domain)?.steps) continue;
    reachedInputs.set(node, inputIndices);
    for (const name of changingOutputs) changingNames.add(name);
  }
  return { changingNames, reachedInputs, steppedNodes };
}

/**
 * The nodes at which gradients vanish, if all gradients of `targets` with respect to `withRespectTo` are 0 by
 * construction: nodes whose outputs are piecewise constant (Hardmax, Floor, ArgMax), nearest to the targets
 * first. Empty where the targets do not depend on those values at all.
 *
 * @returns undefined where some gradient is not 0 by construction
 * @throws CajalError `bad-argument` for a value that is not a graph or not one of its values
 */
export function vanishingAt(
  g: GraphBuilder,
  targets: readonly Value[],
  withRespectTo: readonly Value[],
): readonly Node[] | undefined {
  checkBuilder("vanishingAt", g);
  for (const value of [...targets, ...withRespectTo]) checkValue("vanishingAt", value);
  const { changingNames, steppedNodes } = dependentsOf(g, g.nodes, withRespectTo);
  if (targets.some(({ name }) => changingNames.has(name))) return undefined;
  const neededNames = new Set(targets.map(({ name }) => name));
  return g.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => neededNames.has(name))) return false;
    for (const name of [...node.inputs, ...capturesIn(node)]) neededNames.add(name);
    return steppedNodes.has(node);
  });
}
