// Inputs that say how an operator works (axes, pads, steps): a gradient is built for the numbers that they hold.
import { CajalError } from "@cajal/core";
import type { GradientContext } from "../gradient";

/**
 * The numbers of input `i`; undefined where the node leaves it out.
 *
 * @throws CajalError `unsupported` where they are computed or fed at run time
 */
export function constantNumbers(
  { inputs, node, constant }: GradientContext,
  i: number,
  what: string,
): readonly number[] | undefined {
  const input = inputs[i];
  if (!input) return undefined;
  const tensor = constant(i);
  if (tensor) return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  throw new CajalError(
    "unsupported",
    `its ${what} ("${input.name}") are computed at run time; the gradient needs them as constants.`,
    { node: node.name, op: node.op, value: input.name },
  );
}
