// Refuses models that cannot learn: every gradient is 0 for any data.
import { CajalError } from "@cajal/core";
import { vanishingAt, type GraphBuilder, type Value } from "@cajal/onnx";

/**
 * Regularizers do not count: they would only make weights smaller.
 *
 * @param targets the outputs, or the loss without regularizers
 * @throws CajalError `bad-model`
 */
export function checkLearns(
  g: GraphBuilder,
  targets: readonly Value[],
  weights: readonly Value[],
): void {
  const vanishingNodes = vanishingAt(g, targets, weights);
  if (!vanishingNodes) return;
  const nodes = vanishingNodes
    .slice(0, 3)
    .map(({ name, op, outputs }) => `"${name || outputs[0]}" (${op})`);
  throw new CajalError(
    "bad-model",
    nodes.length === 0
      ? "training would change nothing: the loss depends on no weight that is trained."
      : `training would change nothing: the gradient of every weight ends at node ${nodes.join(", ")}, whose output moves in steps, so that it is 0 whatever the data are. Train the model without it, and put it behind the trained one.`,
    { nodes: vanishingNodes.map(({ name }) => name) },
  );
}
