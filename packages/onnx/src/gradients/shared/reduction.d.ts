import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";
export interface Reduction {
    /** The reduced axes, counted from the front. */
    readonly axes: readonly number[];
    /** A result (or its gradient) with the reduced axes kept as 1, so that it broadcasts to x. */
    keep(value: Value): Value;
    /** A gradient laid over x. */
    expand(dy: Value): Value;
    /** How many elements went into one result: a number, or a scalar of x's type. */
    count(): number | Value;
}
export declare function reductionOf(context: GradientContext, g: GraphBuilder): Reduction;
/** The samples that every reduction is checked with. */
export declare const reductionSamples: (more?: {
    range?: readonly [number, number];
}) => ({
    range?: readonly [number, number];
    inputs: (number[] | {
        dtype: "int64";
        shape: number[];
        data: BigInt64Array<ArrayBuffer>;
    })[];
} | {
    range?: readonly [number, number];
    inputs: (number[] | {
        dtype: "int64";
        shape: number[];
        data: BigInt64Array<ArrayBuffer>;
    })[];
    attributes: {
        keepdims: number;
    };
})[];
