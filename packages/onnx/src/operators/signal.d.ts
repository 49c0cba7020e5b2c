import { type Operator } from "./operator";
export declare const signal: readonly Operator[];
