import { type DType } from "@cajal/core";
import type { CarriedTensor, Initializer } from "./model";
/** Types that are read, typed and written, but that no `Tensor` has. */
export type CarriedType = "bfloat16" | "string" | "complex64" | "complex128" | "float8e4m3fn" | "float8e4m3fnuz" | "float8e5m2" | "float8e5m2fnuz" | "float8e8m0" | "float6e2m3" | "float6e3m2" | "float4e2m1" | "int4" | "uint4" | "int2" | "uint2";
/** "undefined": the graph does not state it, as inputs of graphs inside nodes may do. */
export type ElementType = DType | CarriedType | "undefined";
type Defined = DType | CarriedType;
/** All element types that ONNX has. */
export declare const elementTypes: readonly Defined[];
/** The element type of an ONNX type number. Throws CajalError `bad-model` for numbers that are none. */
export declare function dtypeOf(type: number): Defined;
/** The ONNX type number (TensorProto.DataType) of an element type; 0 of "undefined". */
export declare const dataTypeOf: (dtype: ElementType) => number;
/** Bits that an element takes in raw_data; types below 8 bits lie packed, first element lowest. */
export declare const bitsOf: (dtype: ElementType) => number;
/**
 * The element type of ONNX' own name for it ("FLOAT", "DOUBLE", "INT64"): what Cast named it by before opset 6.
 *
 * @throws CajalError `unknown-name`
 */
export declare function typeNamed(name: string): Defined;
/** Whether Cajal computes with the type. */
export declare const isDType: (dtype: ElementType) => dtype is DType;
/** Whether a tensor's elements are only carried. */
export declare function isCarried(tensor: Initializer): tensor is CarriedTensor;
/** The type as one that Cajal computes with. Throws CajalError `unsupported` for those that are carried. */
export declare function computed(dtype: ElementType): DType;
export {};
