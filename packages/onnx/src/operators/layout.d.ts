import { type Operator } from "./operator";
export declare const layout: readonly Operator[];
