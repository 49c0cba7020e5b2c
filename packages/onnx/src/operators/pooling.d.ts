import { type Operator } from "./operator";
export declare const pooling: readonly Operator[];
