// Little-endian bytes of a file as tensors.
import { tensor, type DType, type Tensor } from "@cajal/core";

/**
 * A tensor on these bytes, little-endian: on their own memory where they are all of it, as ranges of files are, on a copy
 * where they are a view of more. There must be as many as the shape needs.
 */
export function tensorOfBytes<D extends DType>(
  dtype: D,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor<D> {
  const Elements = tensor(dtype, [0]).data.constructor as new (
    memory: ArrayBufferLike,
  ) => Tensor<D>["data"];
  const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return tensor(dtype, shape, new Elements(whole.buffer));
}

/** bfloat16, the upper half of a float32, little-endian. */
export function fromBfloat16(shape: readonly number[], bytes: Uint8Array): Tensor<"float32"> {
  const out = tensor("float32", shape);
  const bits = new Uint32Array(out.data.buffer);
  for (let i = 0; i < bits.length; i++)
    bits[i] = ((bytes[2 * i]! | (bytes[2 * i + 1]! << 8)) << 16) >>> 0;
  return out;
}
