import type { Gradient } from "./gradient";
export declare const gradients: readonly Gradient[];
