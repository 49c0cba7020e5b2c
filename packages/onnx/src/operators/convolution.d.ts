import type { Dim } from "../model/model";
import { type InferenceContext, type Inferred, type Operator } from "./operator";
/** The shape of X convolved with W; the attributes are those of Conv. */
export declare function convolved(node: InferenceContext, x: Inferred, w: Inferred, bias: Inferred | undefined): readonly Dim[] | undefined;
export declare const convolution: readonly Operator[];
