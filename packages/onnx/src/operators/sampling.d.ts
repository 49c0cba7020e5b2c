import { type Operator } from "./operator";
export declare const sampling: readonly Operator[];
