import { type Dims } from "../model/dims";
import type { Dim } from "../model/model";
import { type InferenceContext } from "./operator";
export interface Window {
    readonly kernel: readonly Dim[];
    readonly strides: readonly number[];
    readonly dilations: readonly number[];
    /** All begins, then all ends. */
    readonly pads: readonly number[];
    /** NOTSET, VALID, SAME_UPPER or SAME_LOWER. */
    readonly autoPad: string;
}
/** The attributes of a window over `rank` axes, with ONNX's defaults. */
export declare function windowOf(node: Pick<InferenceContext, "ints" | "string">, kernel: readonly Dim[]): Window;
/** Spatial extents after a window has slid over `spatial`. */
export declare function slide(spatial: readonly Dim[], window: Window, ceil?: boolean): Dim[];
/** Splits `[batch, channels, ...spatial]`. */
export declare function image(what: string, shape: Dims): {
    head: readonly [Dim, Dim];
    spatial: readonly Dim[];
} | undefined;
