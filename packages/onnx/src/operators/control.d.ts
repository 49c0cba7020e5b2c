import { type Operator } from "./operator";
export declare const control: readonly Operator[];
