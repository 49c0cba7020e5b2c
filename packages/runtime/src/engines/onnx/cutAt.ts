// Cuts a graph at values that are fed instead of computed.
import { computed, GraphBuilder, inferShapes, type Node, type OnnxModel } from "@cajal/onnx";
import { unknownName } from "@cajal/core";
import { namesReadBy } from "../../step/namesReadBy";
import type { LoweredValue } from "@cajal/models";

/** A value to feed: one of the graph, or the output of a layer of a Keras model, in Keras' layout. */
export interface FedValue {
  readonly name: string;
  readonly layer: LoweredValue | undefined;
}

/**
 * The model with `fedValues` as its first inputs, reduced to what `targets` depend on. Inputs of the model that are
 * still needed follow; outputs are left to the caller.
 *
 * @throws CajalError `unknown-name`
 */
export function cutAt(
  model: OnnxModel,
  fedValues: readonly FedValue[],
  targets: readonly string[],
): OnnxModel {
  const { graph } = model;
  const layersByName = new Map(
    fedValues.map(({ name, layer }) => [layer?.value.name ?? name, layer]),
  );
  const values = inferShapes(model);
  for (const name of [...layersByName.keys(), ...targets])
    if (!values.has(name)) throw unknownName("value of the graph", name, values.keys());
  const neededNames = new Set(targets);
  const freeName = (name: string): string => {
    const other = `${name}/computed`;
    return values.has(other) ? freeName(other) : other;
  };
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => neededNames.has(name) && !layersByName.has(name))) continue;
    // Of several outputs some may be fed, and others needed: what is fed has the name then.
    const outputs = node.outputs.map((name) => (layersByName.has(name) ? freeName(name) : name));
    nodes.push({ ...node, outputs });
    for (const name of namesReadBy(node)) neededNames.add(name);
  }
  const inputs = [...layersByName.keys()].map((name) => values.get(name)!);
  const entries = fedValues.map(({ name, layer }, i) => entryOf(name, layer, inputs[i]!));
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...entries.flatMap((entry) => entry.nodes), ...nodes.toReversed()],
      initializers: new Map([
        ...[...graph.initializers].filter(([name]) => neededNames.has(name)),
        ...entries.flatMap((entry) => [...entry.initializers]),
      ]),
      inputs: [
        ...entries.flatMap((entry) => entry.inputs),
        ...graph.inputs.filter(({ name }) => neededNames.has(name) && !layersByName.has(name)),
      ],
      outputs: [],
    },
  };
}

/** An input, and the nodes that convert it to the value of the graph: a layer's output is fed in Keras' layout. */
function entryOf(
  name: string,
  layer: LoweredValue | undefined,
  value: OnnxModel["graph"]["inputs"][number],
): OnnxModel["graph"] {
  const g = new GraphBuilder();
  if (layer) {
    const shape = layer.shape.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined));
    const input = g.input(name, computed(value.dtype), shape);
    const converted = g.within(`fed/${name}`, () => layer.fromKeras(g, input));
    g.append({
      op: "Identity",
      domain: "",
      name: `fed/${name}/Identity`,
      inputs: [converted.name],
      outputs: [value.name],
      attributes: {},
    });
  } else g.input(name, value.dtype, value.shape);
  return g.build().graph;
}
