// The element types of ONNX (TensorProto.DataType): those that Cajal computes with, which are core's
// DType, and those that it carries, reading and writing them as they are.
import { CajalError, dtypes, unknownName, type DType } from "@cajal/core";

/** Types that are read, typed and written, but that no `Tensor` has. */
export type CarriedType =
  | "bfloat16"
  | "string"
  | "complex64"
  | "complex128"
  | "float8e4m3fn"
  | "float8e4m3fnuz"
  | "float8e5m2"
  | "float8e5m2fnuz"
  | "float8e8m0"
  | "float6e2m3"
  | "float6e3m2"
  | "float4e2m1"
  | "int4"
  | "uint4"
  | "int2"
  | "uint2";

/** "undefined": the graph does not state it, as inputs of graphs inside nodes may do. */
export type ElementType = DType | CarriedType | "undefined";

type Defined = DType | CarriedType;

/** Name and bits of each type, by ONNX' number; the bits of a string are its own. */
const dataTypes: readonly (readonly [Defined, number] | undefined)[] = [
  undefined,
  ["float32", 32],
  ["uint8", 8],
  ["int8", 8],
  ["uint16", 16],
  ["int16", 16],
  ["int32", 32],
  ["int64", 64],
  ["string", 0],
  ["bool", 8],
  ["float16", 16],
  ["float64", 64],
  ["uint32", 32],
  ["uint64", 64],
  ["complex64", 64],
  ["complex128", 128],
  ["bfloat16", 16],
  ["float8e4m3fn", 8],
  ["float8e4m3fnuz", 8],
  ["float8e5m2", 8],
  ["float8e5m2fnuz", 8],
  ["uint4", 4],
  ["int4", 4],
  ["float4e2m1", 4],
  ["float8e8m0", 8],
  ["uint2", 2],
  ["int2", 2],
  ["float6e2m3", 6],
  ["float6e3m2", 6],
];

/** All element types that ONNX has. */
export const elementTypes: readonly Defined[] = dataTypes.flatMap((type) =>
  type ? [type[0]] : [],
);

const numbers = new Map<ElementType, number>(
  dataTypes.flatMap((type, number) => (type ? [[type[0], number]] : [])),
);

/** The element type of an ONNX type number. Throws CajalError `bad-model` for numbers that are none. */
export function dtypeOf(type: number): Defined {
  const dataType = dataTypes[type];
  if (!dataType)
    throw new CajalError(
      "bad-model",
      type === 0
        ? "element type 0: it is missing."
        : `element type ${type}: expected a number from 1 to ${dataTypes.length - 1} (TensorProto.DataType).`,
      { type },
    );
  return dataType[0];
}

/** The ONNX type number (TensorProto.DataType) of an element type; 0 of "undefined". */
export const dataTypeOf = (dtype: ElementType): number => numbers.get(dtype) ?? 0;

/** Bits that an element takes in raw_data; types below 8 bits lie packed, first element lowest. */
export const bitsOf = (dtype: ElementType): number => dataTypes[dataTypeOf(dtype)]?.[1] ?? 0;

/**
 * The element type of ONNX' own name for it ("FLOAT", "DOUBLE", "INT64"): what Cast named it by before opset 6.
 *
 * @throws CajalError `unknown-name`
 */
export function typeNamed(name: string): Defined {
  const type = elementTypes.find((type) => protoName(type) === name.toUpperCase());
  if (!type) throw unknownName("element type", name, elementTypes.map(protoName));
  return type;
}

const protoName = (type: ElementType) =>
  type === "float32" ? "FLOAT" : type === "float64" ? "DOUBLE" : type.toUpperCase();

const computedTypes = new Set<ElementType>(dtypes);

/** Whether Cajal computes with the type. */
export const isDType = (dtype: ElementType): dtype is DType => computedTypes.has(dtype);

/** The type as one that Cajal computes with. Throws CajalError `unsupported` for those that are carried. */
export function computed(dtype: ElementType): DType {
  if (isDType(dtype)) return dtype;
  throw new CajalError("unsupported", `values of type ${dtype} are not computed here.`, { dtype });
}
