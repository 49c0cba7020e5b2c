import type { GraphBuilder, Value } from "../graph/builder";
import { renamedNodes } from "../graph/inlineCalls";
import type { Graph } from "../model/model";
import { topologicalOrder } from "../model/topologicalOrder";
import { defineGradient, type GradientContext } from "./gradient";

/**
 * An If of the same condition, whose branches compute those of the forward one again and go back through them: what the
 * other branch would have computed, which may be no number, has no part in it.
 */
export const conditional = defineGradient({
  op: "If",
  outputs: 0,
  gradient: (dys, context, g) => {
    const { inputs, node, reads, wants } = context;
    const wanted = reads.filter((_, i) => wants(i));
    const branch = (name: string) => (inner: GraphBuilder) => {
      const graph = node.attributes[name];
      return graph?.type === "graph" ? gradientsThrough(inner, graph.value, { dys, wanted, context }) : []; // prettier-ignore
    };
    const dxs = g.if(
      inputs[0],
      (inner) => branch("then_branch")(inner as GraphBuilder),
      (inner) => branch("else_branch")(inner as GraphBuilder),
    );
    return reads.map((name) => dxs[wanted.indexOf(name)]);
  },
  samples: [], // needs graphs: if.test.ts
});

/** The gradients of some values around a branch, by what the branch computes of them. */
function gradientsThrough(
  inner: GraphBuilder,
  branch: Graph,
  {
    dys,
    wanted,
    context,
  }: {
    readonly dys: readonly (Value | undefined)[];
    readonly wanted: readonly string[];
    readonly context: GradientContext;
  },
): Value[] {
  const names = new Map<string, string>();
  for (const [name, data] of branch.initializers)
    names.set(name, inner.initializer(inner.freshName(name), data).name);
  const nodes = topologicalOrder(branch.nodes);
  for (const name of nodes.flatMap(({ outputs }) => outputs))
    if (name !== "") names.set(name, inner.freshName(name));
  const newName = (name: string) => names.get(name) ?? name;
  for (const each of renamedNodes(nodes, "again", newName)) inner.append(each);
  const outputs = branch.outputs.flatMap(({ name }, i) => (dys[i] ? [inner.value(newName(name))] : [])); // prettier-ignore
  return context.pullbackIn(inner, outputs, dys.filter((dy) => dy !== undefined), wanted.map((name) => inner.value(name))); // prettier-ignore
}
