// A model, added to a graph under construction.
import { unknownName } from "@cajal/core";
import type { Dim, Graph, Node, OnnxModel } from "../model/model";
import { topologicalOrder, usedNames } from "../model/topologicalOrder";
import { defaultOpset, GraphAssembler } from "./assembler";
import { padsOfSmallWindows, padsStated } from "./explicitPads";
import { statedTypesIn, type Stated } from "./infer";
import { inlineBranch } from "./inlineBranch";
import { inlineCalls, opsetOf } from "./inlineCalls";
import { assembled, inlineSequence, type Sequences } from "./inlineSequences";
import { stepsFirst } from "./timeFirst";
import { Unrolling } from "./unroll";
import { checkSame, upgrade } from "./upgrade";
import { windowsRoundedDown } from "./windowsRoundedDown";

type Shapes = Readonly<Record<string, readonly Dim[] | undefined>>;

/**
 * Adds a whole model: its inputs, initializers, nodes and outputs, by their names. Nodes of older operator sets are
 * brought to the graph's. All shapes are inferred again; what the model states of them counts where an operator is
 * unknown here.
 *
 * @param options.shapes shapes for inputs, in place of the model's own
 * @param options.unrolls whether loops of known lengths become the nodes of their turns
 */
export function loadModel(
  g: GraphAssembler,
  withFunctions: OnnxModel,
  { shapes, unrolls }: { readonly shapes: Shapes; readonly unrolls: boolean },
): void {
  const model = padsStated(stepsFirst(inlineCalls(withFunctions)));
  const { graph, opsets } = model;
  for (const name of Object.keys(shapes))
    if (!graph.inputs.some((input) => input.name === name))
      throw unknownName(
        "input of the graph",
        name,
        graph.inputs.map((input) => input.name),
      );
  g.adopt(model);
  const hasMixedOpsets = (withFunctions.functions ?? []).some(
    (each) => (each.opsets[""] ?? opsets[""]) !== opsets[""],
  );
  const unrolling = unrolls ? new Unrolling() : undefined;
  loadGraph(g, graph, { opset: opsets[""] ?? g.opset, hasMixedOpsets, shapes, unrolling });
}

interface LoadContext {
  readonly opset: number;
  /** Whether nodes of several operator sets come together, from a model's functions. */
  readonly hasMixedOpsets: boolean;
  readonly shapes: Shapes;
  readonly unrolling: Unrolling | undefined;
}

function loadGraph(g: GraphAssembler, graph: Graph, context: LoadContext): void {
  const { opset, hasMixedOpsets: mixed, shapes, unrolling } = context;
  // Up to IR version 3 initializers were listed as inputs, too.
  for (const [name, data] of graph.initializers) g.initializer(name, data);
  for (const { name, dtype, shape, containers } of graph.inputs)
    if (!graph.initializers.has(name))
      g.input(name, dtype, Object.hasOwn(shapes, name) ? shapes[name] : shape, containers);
  const stated = statedTypesIn(graph);
  const sequences: Sequences = new Map();
  const assemble = (name: string) => {
    const values = sequences.get(name);
    if (values && !g.find(name)) g.append(assembled(name, values, g), stated);
  };
  const append = (node: Node, statedType: Stated): void => {
    const scope = node.name || node.outputs[0] || node.op;
    if (g.within(scope, () => inlineSequence(node, g, sequences))) return;
    const branch = inlineBranch(node, g);
    if (branch) {
      const statedInBranch: Stated = (name) => branch.statedTypes.get(name) ?? statedType(name);
      for (const each of topologicalOrder(branch.nodes)) append(each, statedInBranch);
      return;
    }
    const nodeOpset = opsetOf(node, opset);
    if (unrolling?.unroll(node, { g, opset: nodeOpset, append })) return;
    for (const name of usedNames(node)) assemble(name);
    const current =
      nodeOpset === g.opset && !mixed
        ? node
        : g.within(scope, () => {
            const inner = withCurrentGraphs(g, node, { ...context, opset: nodeOpset });
            const upgraded = nodeOpset < defaultOpset ? upgrade(inner, g, nodeOpset) : inner;
            checkSame(upgraded, Math.max(nodeOpset, defaultOpset), g.opset);
            return upgraded;
          });
    g.append(
      g.within(scope, () => windowsRoundedDown(padsOfSmallWindows(current, g), g)),
      statedType,
    );
  };
  for (const node of topologicalOrder(graph.nodes)) append(node, stated);
  for (const { name } of graph.outputs) {
    assemble(name);
    g.adoptOutput(name);
  }
}

/** A node, the graphs inside it of the operator set of `g`. */
function withCurrentGraphs(g: GraphAssembler, node: Node, context: LoadContext): Node {
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
    if (attribute.type !== "graph") return [name, attribute] as const;
    const inner = new GraphAssembler({ name: attribute.value.name }, g);
    loadGraph(inner, attribute.value, { ...context, shapes: {} });
    return [name, { type: "graph", value: inner.buildGraph() }] as const;
  });
  return { ...node, attributes: Object.fromEntries(attributes) };
}
