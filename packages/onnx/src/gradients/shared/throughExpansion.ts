// Operators differentiated through an expansion: the rule writes the operator in terms of elementary ones, and
// the gradients are those of that expansion.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Gradient, GradientContext } from "../gradient";

/**
 * The gradient of an operator through its expansion.
 *
 * @param expand the node's outputs; undefined for those that no gradient comes from
 */
export const throughExpansion =
  <Inputs extends number, Outputs extends number>(
    expand: (
      context: GradientContext<Inputs, Outputs>,
      g: GraphBuilder,
    ) => readonly (Value | undefined)[],
  ): Gradient<Inputs, Outputs>["gradient"] =>
  (dys, context, g) => {
    const { inputs } = context;
    const pairs = expand(context, g).flatMap((y, i) => (y && dys[i] ? [[y, dys[i]] as const] : []));
    // A value that is two inputs of the node has one gradient, given at the first.
    const wantedInputs = inputs.flatMap((x, i) =>
      x && context.wants(i) && inputs.findIndex((other) => other?.name === x.name) === i ? [i] : [],
    );
    const dxs = context.pullback(
      pairs.map(([y]) => y),
      pairs.map(([, dy]) => dy),
      wantedInputs.map((i) => inputs[i]!),
    );
    return inputs.map((_, i) => dxs[wantedInputs.indexOf(i)]);
  };
