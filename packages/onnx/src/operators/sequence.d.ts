import { type Operator } from "./operator";
export declare const sequences: readonly Operator[];
