import type { AttributeReader } from "../model/attribute";
/** A convolution of x, [batch, channels, ...input], to y, [batch, maps, ...output]. */
export interface Convolution {
    readonly batch: number;
    readonly channels: number;
    readonly maps: number;
    readonly group: number;
    readonly input: readonly number[];
    readonly output: readonly number[];
    readonly kernel: readonly number[];
    readonly strides: readonly number[];
    readonly dilations: readonly number[];
    /** All begins, then all ends. */
    readonly pads: readonly number[];
}
/**
 * The convolution that a node's attributes describe, between an image x and y with a kernel
 * [maps, channels / group, ...kernel]. A transposed convolution is that of the way back.
 */
export declare function convolutionBetween(attributes: Pick<AttributeReader, "int" | "ints" | "string">, [batch, channels, ...input]: readonly number[], [maps, , ...kernel]: readonly number[], [, , ...output]: readonly number[]): Convolution;
