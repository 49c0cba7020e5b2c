// Operators differentiated as what they are made of: the rule writes the operator out in elementary ones,
// and the gradients are those of what it wrote.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Gradient, GradientContext } from "../gradient";

/**
 * The gradient of an operator that `write` writes out.
 *
 * @param write the node's outputs; undefined for those that no gradient comes from
 */
export const writtenOut =
  (
    write: (context: GradientContext, g: GraphBuilder) => readonly (Value | undefined)[],
  ): Gradient["gradient"] =>
  (dys, context, g) => {
    const { inputs } = context;
    const pairs = write(context, g).flatMap((y, i) => (y && dys[i] ? [[y, dys[i]] as const] : []));
    // A value that stands in two places has one gradient, which is told once.
    const wanted = inputs.flatMap((x, i) =>
      x && context.wants(i) && inputs.findIndex((other) => other?.name === x.name) === i ? [i] : [],
    );
    const dxs = context.pullback(
      pairs.map(([y]) => y),
      pairs.map(([, dy]) => dy),
      wanted.map((i) => inputs[i]!),
    );
    return inputs.map((_, i) => dxs[wanted.indexOf(i)]);
  };
