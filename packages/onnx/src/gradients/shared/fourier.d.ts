import type { GraphBuilder, Value } from "../../graph/builder";
/** The transform of x [..., 1 or 2] along an axis counted from the front. */
export declare const dft: (g: GraphBuilder, x: Value, { axis, inverse, onesided, }: {
    axis: number;
    inverse?: boolean;
    onesided?: boolean;
}) => Value;
