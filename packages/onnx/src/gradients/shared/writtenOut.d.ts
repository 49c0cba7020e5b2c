import type { GraphBuilder, Value } from "../../graph/builder";
import type { Gradient, GradientContext } from "../gradient";
/**
 * The gradient of an operator that `write` writes out.
 *
 * @param write the node's outputs; undefined for those that no gradient comes from
 */
export declare const writtenOut: (write: (context: GradientContext, g: GraphBuilder) => readonly (Value | undefined)[]) => Gradient["gradient"];
