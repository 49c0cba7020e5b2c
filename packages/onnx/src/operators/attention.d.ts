import { type Operator } from "./operator";
export declare const attentions: readonly Operator[];
