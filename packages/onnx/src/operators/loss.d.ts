import { type Operator } from "./operator";
export declare const losses: readonly Operator[];
