import { GraphBuilder, type Value } from "./graph/builder";
import { type BackwardRules } from "./gradients/backwardRule";
import type { Dim, OnnxModel } from "./model/model";
export interface DifferentiateOptions {
    /** The value to differentiate: a scalar, or anything whose elements' sum is meant. */
    readonly of: string;
    /** The values to differentiate by: inputs, initializers or values between. */
    readonly withRespectTo: readonly string[];
    /** Extents for inputs whose shape is free; the choice of formulations needs them. */
    readonly shapes?: Readonly<Record<string, readonly Dim[]>>;
    /** Channels in a block, where {@link blocked} comes after: formulations are chosen for it. */
    readonly block?: number | undefined;
    /** Whether the graph will run where MaxPool gives no indices, as on ONNX Runtime's provider webgpu. */
    readonly withoutIndices?: boolean | undefined;
    /** What goes backwards in place of gradients, by operator. */
    readonly rules?: BackwardRules | undefined;
}
/**
 * The model with gradients as further outputs: `gradient/NAME` for each name in `withRespectTo`.
 *
 * @throws CajalError `unknown-name` for a value that is not there, `unsupported` for an operator
 *   without a gradient (the message names the node and the operators that have one)
 */
export declare function differentiate(model: OnnxModel, options: DifferentiateOptions): OnnxModel;
/** The operators that have a gradient. */
export declare const differentiable: readonly string[];
/** What the choice of formulations goes by. */
type Formulations = Pick<DifferentiateOptions, "block" | "withoutIndices">;
export interface GradientsOptions extends Formulations {
    readonly rules?: BackwardRules | undefined;
    /** The gradient that arrives at `of`, of its shape; ones unless given. */
    readonly dy?: Value | undefined;
}
/**
 * Adds to the graph the gradients of the sum of `of` with respect to each value of
 * `withRespectTo`; a value that `of` does not depend on has a gradient of zeros. With `dy`, those of
 * the sum of `of` times `dy`; with `rules`, what these make of it in place of gradients.
 *
 * @throws CajalError `unsupported` where a gradient is not known; the message names the node.
 *   `bad-argument` for values that are no floating-point numbers
 */
export declare function gradients(g: GraphBuilder, of: Value, withRespectTo: readonly Value[], options?: GradientsOptions): Value[];
/**
 * Whether {@link gradients} would find a rule for every operator: looks at the nodes alone, adds none.
 *
 * @throws CajalError `unsupported` for the last operator without a gradient, as {@link gradients}
 */
export declare function checkDifferentiable(g: GraphBuilder, of: Value, withRespectTo: readonly Value[]): void;
export {};
