import { type Operator } from "./operator";
export declare const reductions: readonly Operator[];
