import { type Operator } from "./operator";
export declare const quantization: readonly Operator[];
