// The order of every Transpose of a graph with DequantizeLinear. Where a Transpose that states none reads what is dequantized
// along an axis, ONNX Runtime (1.30) ends the process.
import { inferShapes } from "../graph/inferShapes";
import { checkStructure } from "../model/checkStructure";
import type { Node, OnnxModel } from "../model/model";

/** The same model, the order of a Transpose stated where that is missing and its input's rank is known. */
export function statedOrders(model: OnnxModel): OnnxModel {
  checkStructure(model, "statedOrders");
  const { graph } = model;
  if (!graph.nodes.some(isReversing) || !graph.nodes.some(isDequantization)) return model;
  const values = inferShapes(model);
  const stated = (node: Node): Node => {
    const rank = isReversing(node) && values.get(node.inputs[0]!)?.shape?.length;
    if (!rank) return node;
    const value = Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return { ...node, attributes: { ...node.attributes, perm: { type: "ints", value } } };
  };
  return { ...model, graph: { ...graph, nodes: graph.nodes.map(stated) } };
}

/** Whether a node reverses the axes, as a Transpose does that states no order. */
export const isReversing = ({ op, domain, attributes }: Node) =>
  op === "Transpose" && domain === "" && !attributes["perm"];

const isDequantization = ({ op, domain }: Node) => op === "DequantizeLinear" && domain === "";
