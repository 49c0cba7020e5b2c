import { type Operator } from "./operator";
export declare const randoms: readonly Operator[];
