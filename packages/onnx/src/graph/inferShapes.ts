// Types and shapes of all values of a model, as ONNX' own shape inference gives them.
import { inferNode, inferredOf, statedTypesIn, type InferredValue, type Scope } from "./infer";
import type { OnnxModel, ValueInfo } from "../model/model";
import { inlineCalls } from "./inlineCalls";
import { topologicalOrder } from "../model/topologicalOrder";

/**
 * Every value of a model's graph by name: inputs, initializers and what its nodes give, as far as
 * the operators' rules tell. Values inside subgraphs are not among them.
 *
 * @throws CajalError `bad-model`, `bad-shape`; the message names the node
 */
export function inferShapes(model: OnnxModel): ReadonlyMap<string, ValueInfo> {
  const { graph, opsets } = inlineCalls(model);
  const values = new Map<string, InferredValue>();
  for (const input of graph.inputs) values.set(input.name, input);
  for (const [name, tensor] of graph.initializers) values.set(name, inferredOf(tensor));
  const stated = statedTypesIn(graph);
  const scope: Scope = { find: (name) => values.get(name) };
  for (const node of topologicalOrder(graph.nodes)) {
    const inputs = node.inputs.map((name) => values.get(name));
    const outputs = inferNode(node, inputs, opsets[""] ?? 18, scope, stated);
    node.outputs.forEach((name, i) => name && values.set(name, outputs[i]!));
  }
  return new Map(
    [...values].map(([name, { dtype, shape, containers }]): [string, ValueInfo] => [
      name,
      { name, dtype, shape, ...(containers ? { containers } : {}) },
    ]),
  );
}
