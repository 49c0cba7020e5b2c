// The order of a Transpose beside DequantizeLinear. Where one that states none reads what is dequantized along an axis,
// ONNX Runtime (1.30) ends the process.
import { checkStructure } from "../model/checkStructure";
import type { Node, OnnxModel } from "../model/model";

/** The same model, the order of every Transpose stated that reads what is dequantized, where its rank is said. */
export function statedOrders(model: OnnxModel): OnnxModel {
  checkStructure(model, "statedOrders");
  const { graph } = model;
  if (!graph.nodes.some(isReversing)) return model;
  const stored = new Map(
    graph.nodes
      .filter(isDequantization)
      .map(({ inputs: [x = ""], outputs: [y = ""] }) => [y, x] as const),
  );
  // Not inferred: a file may have operators that are known to ONNX Runtime alone.
  const rankOf = (name: string) =>
    (graph.initializers.get(name) ?? graph.values.get(name))?.shape?.length ??
    graph.inputs.find((input) => input.name === name)?.shape?.length;
  const stated = (node: Node): Node => {
    const [input = ""] = node.inputs;
    const source = isReversing(node) ? stored.get(input) : undefined;
    const rank = source === undefined ? undefined : (rankOf(source) ?? rankOf(input));
    if (rank === undefined) return node;
    const value = Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return { ...node, attributes: { ...node.attributes, perm: { type: "ints", value } } };
  };
  return { ...model, graph: { ...graph, nodes: graph.nodes.map(stated) } };
}

/** Whether a node reverses the axes, as a Transpose does that states no order. */
export const isReversing = ({ op, domain, attributes }: Node) =>
  op === "Transpose" && domain === "" && !attributes["perm"];

const isDequantization = ({ op, domain }: Node) => op === "DequantizeLinear" && domain === "";
