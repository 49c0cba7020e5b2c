import { type Operator } from "./operator";
export declare const recurrents: readonly Operator[];
