// Kernels of ONNX Runtime (1.30) that end the process, run for ever or compute wrongly where a tensor
// has an extent of 0; what is known of them stands with the operators.
import { operator } from "../operators";
import type { Graph, Node, OnnxModel, ValueInfo } from "../model/model";
import { inferShapes } from "./inferShapes";

/**
 * The first node that ONNX Runtime must not be asked to run, for a tensor that it reads is empty. Of
 * nodes inside of subgraphs only the operator is looked at: they count where anything around is empty.
 *
 * @param values all that is known of the model's values, as {@link inferShapes} gives it
 */
export function nodeFailingOnEmpty(
  { graph }: OnnxModel,
  values: ReadonlyMap<string, Pick<ValueInfo, "shape">>,
): Node | undefined {
  const anyEmpty = [...values.values()].some(({ shape }) => shape?.includes(0));
  if (!anyEmpty) return undefined;
  return graph.nodes.find(
    (node) =>
      operator(node.op, node.domain)?.failsOnEmpty?.(
        node.inputs.map((name) => values.get(name)?.shape),
      ) || subgraphsOf(node).some(hasSuspect),
  );
}

/** Whether a model has such an operator at all. */
export const mayFailOnEmpty = ({ graph }: OnnxModel): boolean => hasSuspect(graph);

const hasSuspect = ({ nodes }: Graph): boolean =>
  nodes.some(
    (node) =>
      operator(node.op, node.domain)?.failsOnEmpty !== undefined ||
      subgraphsOf(node).some(hasSuspect),
  );

const subgraphsOf = ({ attributes }: Node): Graph[] =>
  Object.values(attributes).flatMap((attribute) =>
    attribute.type === "graph" ? [attribute.value] : [],
  );

/** A model's values for inputs of these shapes. */
export function shapesFor(
  model: OnnxModel,
  shapes: Readonly<Record<string, readonly number[]>>,
): ReadonlyMap<string, ValueInfo> {
  const inputs = model.graph.inputs.map((input) => ({
    ...input,
    shape: shapes[input.name] ?? input.shape,
  }));
  return inferShapes({ ...model, graph: { ...model.graph, inputs } });
}
