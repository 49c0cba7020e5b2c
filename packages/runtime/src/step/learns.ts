// What would be trained in vain: no weight has a gradient that is not 0 whatever the data are.
import { CajalError } from "@cajal/core";
import { vanishingAt, type GraphBuilder, type Value } from "@cajal/onnx";

/**
 * Penalties of weights do not count, which would only make them smaller.
 *
 * @param of the outputs, or the loss without penalties
 * @throws CajalError `bad-model`
 */
export function checkLearns(
  g: GraphBuilder,
  of: readonly Value[],
  weights: readonly Value[],
): void {
  const ends = vanishingAt(g, of, weights);
  if (!ends) return;
  const nodes = ends.slice(0, 3).map(({ name, op, outputs }) => `"${name || outputs[0]}" (${op})`);
  throw new CajalError(
    "bad-model",
    nodes.length === 0
      ? "training would change nothing: the loss depends on no weight that is trained."
      : `training would change nothing: the gradient of every weight ends at node ${nodes.join(", ")}, whose output moves in steps, so that it is 0 whatever the data are. Train the model without it, and put it behind the trained one.`,
    { nodes: ends.map(({ name }) => name) },
  );
}
