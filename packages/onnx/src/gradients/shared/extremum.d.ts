import type { Gradient } from "../gradient";
/** Of Max and Min: to the operands that are equal to the result. */
export declare const gradientOfExtremum: Gradient["gradient"];
