import { checkArgument } from "@cajal/core";
import type { Node } from "./model/model";
import { operator } from "./operators";

/**
 * Multiply-adds of a node: those of convolutions, matrix products and recurrent operators; 0 of others.
 *
 * @param shapeOf the shape of a value, NaN for an extent that is not known
 * @returns NaN where extents that count are not known
 */
export function multiplyAdds(node: Node, shapeOf: (value: string) => readonly number[]): number {
  checkArgument("multiplyAdds", "node", node, "object");
  for (const list of ["inputs", "outputs"] as const)
    checkArgument("multiplyAdds", `node.${list}`, node[list], "strings");
  checkArgument("multiplyAdds", "node.attributes", node.attributes, "object");
  checkArgument("multiplyAdds", "shapeOf", shapeOf, "function");
  const {
    op,
    domain,
    inputs,
    outputs: [y = ""],
    attributes,
  } = node;
  const shapes = inputs.map((name) => (name === "" ? [] : shapeOf(name)));
  const int = (name: string, absent: number) => {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return attribute?.type === "int" ? attribute.value : absent;
  };
  return operator(op, domain)?.macs?.(shapes, y === "" ? [] : shapeOf(y), int) ?? 0;
}
