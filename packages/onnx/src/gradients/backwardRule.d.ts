import type { GraphBuilder, Value } from "../graph/builder";
import type { GradientContext } from "./gradient";
/** What a backward rule sees of its node. */
export interface BackwardContext extends GradientContext {
    /** What the operator's own gradient makes of `dys`, one for each of its outputs: one for each input. */
    gradient(dys: readonly (Value | undefined)[]): readonly (Value | undefined)[];
    /** The operator, its attributes the same, on other inputs: its first output. */
    apply(inputs: readonly (Value | undefined)[]): Value;
}
/**
 * A rule `(dys, context, g) → dxs`: from what arrives at the outputs of a node to what goes on from its
 * inputs, each of the input's type and shape.
 */
export type BackwardRule = (dys: readonly (Value | undefined)[], context: BackwardContext, g: GraphBuilder) => readonly (Value | undefined)[];
/**
 * Rules by operator, "Relu" or "com.microsoft.Gelu"; other operators have their gradients, or the rule
 * of {@link fallback} where one stands.
 */
export type BackwardRules = Readonly<Record<string, BackwardRule>>;
/** The key of the rule for every operator without one of its own. */
export declare const fallback = "*";
