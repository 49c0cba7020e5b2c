// A part of a graph once more, from other values.
import { CajalError } from "@cajal/core";
import { GraphBuilder, type Value } from "./builder";
import { nameOf } from "./infer";

/**
 * Adds what the graph computes from some values once more, from others: every node that depends on
 * them, under new names.
 *
 * @param instead a value's name → the value to compute from in its place
 * @returns the counterpart of a value: what it is with the others; itself where it depends on none
 * @throws CajalError `unsupported` for a node with a graph inside that depends on them
 */
export function recomputed(
  g: GraphBuilder,
  instead: ReadonlyMap<string, Value>,
): (value: Value) => Value {
  if (!(g instanceof GraphBuilder && instead instanceof Map))
    throw new CajalError(
      "bad-argument",
      "recomputed: expected a GraphBuilder and a map from names to values.",
    );
  const counterparts = new Map<string, Value>(instead);
  for (const node of g.nodes.slice()) {
    if (node.outputs.some((name) => instead.has(name))) continue;
    if (Object.values(node.attributes).some(({ type }) => type === "graph"))
      throw new CajalError(
        "unsupported",
        `${nameOf(node)}: a graph with control flow is not computed a second time from other values.`,
        { node: node.name, op: node.op },
      );
    if (!node.inputs.some((name) => counterparts.has(name))) continue;
    const values = g.append({
      ...node,
      name: g.freshName(node.name || node.outputs[0]!),
      inputs: node.inputs.map((name) => counterparts.get(name)?.name ?? name),
      outputs: node.outputs.map((name) => name && g.freshName(name)),
    });
    node.outputs.forEach((name, i) => name && counterparts.set(name, values[i]!));
  }
  return (value) => counterparts.get(value.name) ?? value;
}
