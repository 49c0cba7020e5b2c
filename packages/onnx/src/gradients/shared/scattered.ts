// What the gradients of the Scatter operators share: which of them there are.
import { CajalError } from "@cajal/core";
import type { GradientContext } from "../gradient";

/**
 * Whether updates replace what was there, or are added to it.
 *
 * @throws CajalError `unsupported` for other reductions
 */
export function replaces({ node, string }: GradientContext): boolean {
  const reduction = string("reduction", "none");
  if (reduction === "none" || reduction === "add") return reduction === "none";
  throw new CajalError(
    "unsupported",
    `${node.op} has a gradient for reductions none and add, not for ${reduction}.`,
    { node: node.name, op: node.op, reduction },
  );
}
