import { type Gradient } from "./gradient";
export declare const lstm: Gradient;
