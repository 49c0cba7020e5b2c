import type { GraphBuilder, Value } from "../../graph/builder";
/** `x` with 1 for each 0. */
export declare const nonZero: (g: GraphBuilder, x: Value) => Value;
