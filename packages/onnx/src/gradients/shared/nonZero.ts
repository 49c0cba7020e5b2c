// What a norm's gradient is divided by: 1 in the place of 0, where the dividend is 0 too.
import type { GraphBuilder, Value } from "../../graph/builder";

/** `x` with 1 for each 0. */
export const nonZero = (g: GraphBuilder, x: Value): Value => g.where(g.equal(x, 0), 1, x);
