import { type Dims } from "../model/dims";
import { type Operator } from "./operator";
/** NumPy's matmul: the last two axes multiply, those before broadcast, a vector counts as a matrix. */
export declare function product(a: Dims, b: Dims): Dims;
export declare const matrix: readonly Operator[];
