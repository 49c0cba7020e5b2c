// Kernels of ONNX Runtime (1.30) that end the process, run for ever or compute wrongly where a tensor
// has an extent of 0; what is known of them stands with the operators.
import { checkArgument } from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import { operator, operators } from "../operators";
import type { Graph, Node, OnnxModel, ValueInfo } from "../model/model";
import { inferShapes } from "./inferShapes";

/**
 * The first node that ONNX Runtime must not be asked to run, for a tensor that it reads is empty. Of
 * nodes inside of subgraphs only the operator is looked at: they count where anything around is empty.
 *
 * @param values all that is known of the model's values, as {@link inferShapes} gives it
 */
export function nodeFailingOnEmpty(
  model: OnnxModel,
  values: ReadonlyMap<string, Pick<ValueInfo, "shape">>,
): Node | undefined {
  checkStructure(model, "nodeFailingOnEmpty");
  checkArgument("nodeFailingOnEmpty", "values", values, "map");
  const { graph } = model;
  const anyEmpty = [...values.values()].some(({ shape }) => shape?.includes(0));
  if (!anyEmpty) return undefined;
  return graph.nodes.find(
    (node) =>
      operator(node.op, node.domain)?.failsOnEmpty?.(
        node.inputs.map((name) => values.get(name)?.shape),
        axesOf(node, graph),
      ) || subgraphsOf(node).some(hasFailingOperator),
  );
}

/** The axes that a node names, where they do not depend on what is fed. */
function axesOf({ attributes, inputs }: Node, { initializers }: Graph): readonly number[] {
  const axes = attributes["axes"] ?? attributes["axis"];
  if (axes?.type === "int") return [axes.value];
  if (axes?.type === "ints") return axes.value;
  const constant = initializers.get(inputs[1] ?? "");
  return constant?.dtype === "int64" ? Array.from(constant.data, Number) : [];
}

/** A tensor of four axes without rows: without steps, or without examples. */
const withoutRows = Array.from({ length: 8 }, () => [0, 1, 1, 1]);

/** The standard's operators that fail where tensors have no rows, which data decide: the others fail by their weights. */
export const failingWithoutRows: readonly string[] = operators
  .filter(({ domain = "", failsOnEmpty }) => domain === "" && failsOnEmpty?.(withoutRows))
  .map(({ op }) => op);

/** Whether a model has one of {@link failingWithoutRows}, in subgraphs too. */
export function mayFailOnEmpty(model: OnnxModel): boolean {
  checkStructure(model, "mayFailOnEmpty");
  return hasFailingOperator(model.graph);
}

const hasFailingOperator = ({ nodes }: Graph): boolean =>
  nodes.some(
    (node) => failingWithoutRows.includes(node.op) || subgraphsOf(node).some(hasFailingOperator),
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
  checkStructure(model, "shapesFor");
  checkArgument("shapesFor", "shapes", shapes, "object");
  const inputs = model.graph.inputs.map((input) => ({
    ...input,
    shape: shapes[input.name] ?? input.shape,
  }));
  return inferShapes({ ...model, graph: { ...model.graph, inputs } });
}
