import type { GraphBuilder, Value } from "../../graph/builder";
/** `value`, [batch, channels, ...], is still to be multiplied by `scale`, [channels]. */
export interface Scaled {
    readonly value: Value;
    readonly scale: Value;
}
/** The product. */
export declare function multiplied(g: GraphBuilder, { value, scale }: Scaled): Value;
/** A kernel, [maps, ...], times what is to scale its maps. */
export declare function rowsMultiplied(g: GraphBuilder, kernel: Value, scale: Value): Value;
