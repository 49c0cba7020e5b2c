import type { GraphBuilder, OnnxModel, Value } from "@cajal/onnx";
import type { ExplainedGraph } from "./explainedGraph";

/** A network behind another graph, whose inputs are all that there are. */
export interface FedNetwork {
  readonly model: OnnxModel;
  /** What a value of the graph before it is called: it has no name of the network's. */
  nameOf(value: Value): string;
}

/**
 * @param fed the value of `before` that is the network's image
 * @param before its inputs have names that the network has not
 */
export function fedBy(
  { model, image }: ExplainedGraph,
  before: GraphBuilder,
  fed: Value,
): FedNetwork {
  const { nodes, inputs, initializers } = before.build().graph;
  const { graph } = model;
  const doorValues = [...nodes.flatMap(({ outputs }) => outputs), ...initializers.keys()];
  const renamed = freshNames(doorValues, [image, ...graph.nodes.flatMap(({ outputs }) => outputs), ...graph.initializers.keys()]); // prettier-ignore
  const names = ["door/fed", ...nodes.map(({ name }) => name)];
  const nodeNames = freshNames(names, graph.nodes.map(({ name }) => name)); // prettier-ignore
  const nameOf = (name: string) => renamed.get(name) ?? name;
  const door = nodes.map((each) => ({
    ...each,
    name: nodeNames.get(each.name)!,
    inputs: each.inputs.map(nameOf),
    outputs: each.outputs.map(nameOf),
  }));
  const handed = {
    op: "Identity",
    domain: "",
    name: nodeNames.get("door/fed")!,
    inputs: [nameOf(fed.name)],
    outputs: [image],
    attributes: {},
  };
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        nodes: [...door, handed, ...graph.nodes],
        inputs,
        initializers: new Map([
          ...[...initializers].map(([name, x]) => [nameOf(name), x] as const),
          ...graph.initializers,
        ]),
      },
    },
    nameOf: ({ name }) => nameOf(name),
  };
}

/** Names that differ from one another, as other names for those that are taken. */
function freshNames(names: readonly string[], taken: readonly string[]): Map<string, string> {
  const others = new Set([...taken, ...names]);
  const own = new Set(taken);
  return new Map(
    names.map((name) => {
      if (!own.has(name)) return [name, name];
      let fresh = `door/${name}`;
      while (others.has(fresh)) fresh = `door/${fresh}`;
      others.add(fresh);
      return [name, fresh];
    }),
  );
}
