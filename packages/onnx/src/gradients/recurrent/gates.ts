// What the cells of recurrent operators have in common.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Exactly } from "../../model/atLeast";

/** The gates that lie beside each other along an axis (default 1), in their order. */
export const gatesOf = <N extends number>(
  g: GraphBuilder,
  value: Value,
  gates: N,
  hidden: number,
  { axis = 1 }: { axis?: 0 | 1 } = {},
) => g.split(value, { axis, sizes: Array<number>(gates).fill(hidden) }) as Exactly<N, Value>;

/** The sum of those that are there. */
export const sumOf = (
  g: GraphBuilder,
  ...values: readonly (Value | undefined)[]
): Value | undefined =>
  values.reduce((sum, value) => (sum && value ? g.add(sum, value) : (sum ?? value)), undefined);
