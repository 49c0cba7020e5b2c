import type { GraphBuilder, Value } from "../../graph/builder";
import type { Dim } from "../../model/model";
/** Sums `dy` down to the shape of `x`, which had been broadcast to it. */
export declare function sumTo(g: GraphBuilder, dy: Value, x: Value): Value;
/** Reshapes `dy` to the shape of `x`, both having the same elements. */
export declare function reshapeLike(g: GraphBuilder, dy: Value, x: Value): Value;
/** The shape as Reshape takes it, if at most one extent is free. */
export declare function inferable(shape: readonly Dim[]): number[] | undefined;
/** Rank of a value. @throws CajalError `unsupported` where it is not known */
export declare function rankOf({ name, shape }: Value): number;
/** Extents of a value as numbers. @throws CajalError `unsupported` where one is not known */
export declare function knownShape(value: Value, why: string): number[];
