// Tensors of Cajal as those of TF.js, which has only float32, int32 and bool, and back.
import { CajalError, tensor, type DType, type Tensor } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** The TF.js dtype for a dtype. */
export const tfjsType = (dtype: DType): "float32" | "int32" | "bool" =>
  dtype.startsWith("float") ? "float32" : dtype === "bool" ? "bool" : "int32";

/**
 * A tensor's data and dtype for TF.js.
 *
 * @throws CajalError `unsupported` for float16 and for numbers beyond int32
 */
export function asTfjs(
  { dtype, data }: Tensor,
  name: string,
): {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly dtype: "float32" | "int32" | "bool";
} {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool")
    return { data: data as Float32Array | Int32Array | Uint8Array, dtype };
  if (dtype === "float16")
    throw new CajalError("unsupported", `"${name}": TF.js has no dtype float16. Use float32.`, {
      name,
      dtype,
    });
  if (dtype === "float64")
    return { data: Float32Array.from(data as Float64Array), dtype: "float32" };
  const integers = Int32Array.from(data as ArrayLike<number>, Number);
  const outOfRange = integers.findIndex((value, i) => Number(data[i]) !== value);
  if (outOfRange !== -1)
    throw new CajalError(
      "unsupported",
      `"${name}": TF.js has whole numbers of 32 bits, and element ${outOfRange} is ${data[outOfRange]}. Use engine onnx.`,
      { name, dtype, index: outOfRange },
    );
  return { data: integers, dtype: "int32" };
}

/**
 * A TF.js tensor; on TF.js' CPU backend it shares the memory of `x`.
 *
 * @throws CajalError as {@link asTfjs}
 */
export function toTfjs(tf: TfCore, x: Tensor, name: string): tfc.Tensor {
  const { data, dtype } = asTfjs(x, name);
  return tf.tensor(data, [...x.shape], dtype);
}

/** A tensor from TF.js' data. */
export function fromTfjs(data: tfc.TypedArray, shape: readonly number[], dtype: DType): Tensor {
  if (dtype === "int64") return tensor("int64", shape, BigInt64Array.from(data, BigInt));
  if (dtype === "uint64") return tensor("uint64", shape, BigUint64Array.from(data, BigInt));
  return tensor(dtype, shape, data);
}
