import { type Operator } from "./operator";
export declare const normalization: readonly Operator[];
