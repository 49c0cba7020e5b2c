import type { ElementType } from "../model/elementType";
import { type Operator } from "./operator";
export declare const elementwise: readonly Operator[];
/** A result as the type holds it. */
export declare function rounded(dtype: ElementType, x: number): number | undefined;
