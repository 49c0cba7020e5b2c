import { type Operator } from "./operator";
export declare const indexing: readonly Operator[];
