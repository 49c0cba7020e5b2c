import type { GraphBuilder, Value } from "../../graph/builder";
/** Zeros of x's shape, to which `dy` is added at the places `taken` of GatherND. */
export declare function rowsAdded(g: GraphBuilder, dy: Value, x: Value, taken: Value, batchDims?: number): Value;
