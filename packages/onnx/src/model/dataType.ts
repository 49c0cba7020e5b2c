// Element types as ONNX numbers them (TensorProto.DataType).
import { CajalError, type DType } from "@cajal/core";

/** By number; undefined for those that Cajal does not hold. */
const dataTypes: readonly (DType | undefined)[] = [
  undefined,
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  undefined, // string
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
];

/** The element type of an ONNX type number. Throws CajalError for others, named in the message. */
export function dtypeOf(type: number): DType {
  const dtype = dataTypes[type];
  if (!dtype)
    throw new CajalError(
      "unsupported",
      `element type ${type}${type === 8 ? " (string)" : type === 16 ? " (bfloat16)" : ""} is not supported; known are ${dataTypes.filter(Boolean).join(", ")}.`,
      { type },
    );
  return dtype;
}

/** The ONNX type number (TensorProto.DataType) of an element type. */
export const dataTypeOf = (dtype: DType): number => dataTypes.indexOf(dtype);
