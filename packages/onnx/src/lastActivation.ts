import { checkStructure } from "./model/checkStructure";
import type { Node, OnnxModel } from "./model/model";
import { operatorFacts } from "./operators";

/** What an output's values are of. */
export interface LastActivation {
  /** By its Keras name: "softmax", "sigmoid" …, "linear" of a product. */
  readonly activation: string;
  /** The node that computes it; others may lay its values otherwise. */
  readonly node: Node;
}

/**
 * The activation at the end of a graph's output, as exporters write it: behind it values are only moved, or stored in
 * another type.
 *
 * @param index which output; default: the first
 * @returns undefined where it ends in anything else
 */
export function lastActivation(model: OnnxModel, index = 0): LastActivation | undefined {
  checkStructure(model, "lastActivation");
  const { nodes, outputs } = model.graph;
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const endingAt = (node: Node | undefined) => node && operatorFacts(node.op, node.domain).ending;
  let node = makers.get(outputs[index]?.name ?? "");
  while (endingAt(node) === "same" || endingAt(node) === "moves")
    node = makers.get(node!.inputs[0]!);
  // A bias after a product.
  if (endingAt(node) === "adds")
    node = node!.inputs
      .map((input) => makers.get(input))
      .find((maker) => typeof endingAt(maker) === "object");
  const ending = endingAt(node);
  return typeof ending === "object" ? { activation: ending.activation, node: node! } : undefined;
}
