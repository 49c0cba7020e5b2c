// A graph cut where values are fed in place of being computed.
import { computed, GraphBuilder, inferShapes, type Node, type OnnxModel } from "@cajal/onnx";
import { unknownName } from "@cajal/core";
import type { LoweredValue } from "@cajal/models";

/** A value to feed: one of the graph, or a layer of a Keras model, fed as it lies there. */
export interface FedValue {
  readonly name: string;
  readonly layer: LoweredValue | undefined;
}

/**
 * The model without what is needed for none of `wanted` once `fed` are inputs; its outputs are left to who
 * goes on from it. Inputs of the model that are still needed remain, after those.
 *
 * @throws CajalError `unknown-name`
 */
export function cutAt(
  model: OnnxModel,
  fed: readonly FedValue[],
  wanted: readonly string[],
): OnnxModel {
  const { graph } = model;
  const places = new Map(fed.map(({ name, layer }) => [layer?.value.name ?? name, layer]));
  const values = inferShapes(model);
  for (const name of [...places.keys(), ...wanted])
    if (!values.has(name)) throw unknownName("value of the graph", name, values.keys());
  const needed = new Set(wanted);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name) && !places.has(name))) continue;
    nodes.push(node);
    for (const name of readBy(node)) needed.add(name);
  }
  const inputs = [...places.keys()].map((name) => values.get(name)!);
  const entries = fed.map(({ name, layer }, i) => entryOf(name, layer, inputs[i]!));
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...entries.flatMap((entry) => entry.nodes), ...nodes.toReversed()],
      initializers: new Map([
        ...[...graph.initializers].filter(([name]) => needed.has(name)),
        ...entries.flatMap((entry) => [...entry.initializers]),
      ]),
      inputs: [
        ...entries.flatMap((entry) => entry.inputs),
        ...graph.inputs.filter(({ name }) => needed.has(name) && !places.has(name)),
      ],
      outputs: [],
    },
  };
}

/** What a node reads; the graphs inside it see the values around. */
const readBy = ({ inputs, attributes }: Node): string[] => [
  ...inputs,
  ...Object.values(attributes).flatMap((attribute) =>
    attribute.type === "graph"
      ? [...attribute.value.nodes.flatMap(readBy), ...attribute.value.outputs.map((o) => o.name)]
      : [],
  ),
];

/** An input, and what makes the value of the graph of it: a layer is fed as it lies in Keras. */
function entryOf(
  name: string,
  layer: LoweredValue | undefined,
  value: OnnxModel["graph"]["inputs"][number],
): OnnxModel["graph"] {
  const g = new GraphBuilder();
  if (layer) {
    const shape = layer.shape.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined));
    const input = g.input(name, computed(value.dtype), shape);
    const lying = g.within(`fed/${name}`, () => layer.fromKeras(g, input));
    g.append({
      op: "Identity",
      domain: "",
      name: `fed/${name}/Identity`,
      inputs: [lying.name],
      outputs: [value.name],
      attributes: {},
    });
  } else g.input(name, value.dtype, value.shape);
  return g.build().graph;
}
