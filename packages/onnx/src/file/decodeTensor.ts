// A TensorProto → a tensor: a view of the file's bytes where these are aligned, else a copy. Sizes are checked
// before memory is allocated.
import {
  arrayTypes,
  CajalError,
  tensor,
  type DType,
  type Tensor,
  type TypedArrays,
} from "@cajal/core";
import { bitsOf, dtypeOf, isDType, type CarriedType } from "../model/elementType";
import type { CarriedTensor, Initializer } from "../model/model";
import { checkLocation } from "./encode";
import { malformed, within } from "./malformed";
import type { Message } from "./message";
import { external } from "./proto";

/** A tensor whose data are in another file. */
export interface ExternalData {
  /** Name of the tensor. */
  readonly tensor: string;
  /** Path of the file, relative to the model's; never one that leaves its folder. */
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface DecodeOptions {
  /** Returns the bytes of a tensor whose data are in another file, exactly `length` of them; they may be filled in later. */
  readonly externalData?: (data: ExternalData) => Uint8Array;
  /**
   * Whether `bytes` may be changed: unaligned weights are then moved within them by a few bytes, and take no memory
   * of their own. Afterwards `bytes` is not an ONNX file any more. Default false.
   */
  readonly inPlace?: boolean;
}

export interface TensorOptions extends DecodeOptions {
  /** Gets what lies in other files, which is not read then: such tensors stay empty. */
  readonly listed?: ExternalData[];
}

/** Elements may lie in one of several fields, as raw bytes, or in another file. */
export function tensorOf(
  proto: Message<"TensorProto">,
  where: string,
  options: TensorOptions,
): Initializer {
  const shape = proto.dims ?? [];
  let size = 1;
  for (const extent of shape) {
    if (extent < 0) throw malformed(`${where}: extent ${extent} in its shape [${shape.join()}]`);
    size *= extent;
  }
  if (!Number.isSafeInteger(size * 16))
    throw malformed(`${where}: shape [${shape.join()}] is too large`);
  const dtype = within(where, () => dtypeOf(proto.data_type ?? 0));
  if (proto.segment)
    throw new CajalError("unsupported", `${where}: tensors in segments are not supported.`, {});
  const length = Math.ceil((size * bitsOf(dtype)) / 8);
  const isExternal = proto.data_location === external;
  if (dtype === "string") {
    const data = proto.string_data ?? [];
    if (isExternal || proto.raw_data)
      throw malformed(`${where}: strings that lie in raw or external data`);
    if (data.length !== size)
      throw malformed(
        `${where}: got ${data.length} elements, expected ${size} for ${dtype} [${shape.join()}]`,
      );
    return { dtype, shape, data };
  }
  const externalData = isExternal ? externalDataOf(proto, where, length) : undefined;
  if (externalData && options.listed) {
    options.listed.push(externalData);
    return { dtype, shape, data: new Uint8Array() } as Initializer;
  }
  let raw = externalData ? externalBytes(externalData, where, options) : proto.raw_data;
  if (raw && raw.length !== length)
    throw malformed(
      `${where}: got ${raw.length} bytes, expected ${length} for ${dtype} [${shape.join()}]`,
    );
  if (!isDType(dtype)) return carriedTensorOf(proto, dtype, shape, size, raw, where);
  if (raw) {
    if (!isExternal && options.inPlace) raw = moveAligned(raw, bitsOf(dtype) / 8);
    return { dtype, shape, data: view(dtype, raw) };
  }
  const list = listOf(proto, dtype);
  if (list.length !== size)
    throw malformed(
      `${where}: got ${list.length} elements, expected ${size} for ${dtype} [${shape.join()}]`,
    );
  return typedTensor(dtype, shape, list, where);
}

/** A tensor of a type that is only carried: its bytes as raw_data has them. */
function carriedTensorOf(
  proto: Message<"TensorProto">,
  dtype: Exclude<CarriedType, "string">,
  shape: readonly number[],
  size: number,
  raw: Uint8Array | undefined,
  where: string,
): CarriedTensor {
  const length = Math.ceil((size * bitsOf(dtype)) / 8);
  if (raw) return { dtype, shape, data: raw };
  // Complex numbers are pairs in the lists of their parts; all others lie in int32_data as bits,
  // those below 8 bits a packed byte in each.
  const list: ArrayLike<number> =
    dtype === "complex64"
      ? (proto.float_data ?? [])
      : dtype === "complex128"
        ? (proto.double_data ?? [])
        : (proto.int32_data ?? []);
  const arrays = { complex64: Float32Array, complex128: Float64Array, bfloat16: Uint16Array };
  const Bits = Object.hasOwn(arrays, dtype) ? arrays[dtype as "bfloat16"] : Uint8Array;
  if (list.length * Bits.BYTES_PER_ELEMENT !== length)
    throw malformed(
      `${where}: got ${list.length} elements, expected ${length / Bits.BYTES_PER_ELEMENT} for ${dtype} [${shape.join()}]`,
    );
  return { dtype, shape, data: new Uint8Array(Bits.from(list).buffer) };
}

/** The field that a type's elements are in when they are not raw. */
function listOf(proto: Message<"TensorProto">, dtype: DType): ArrayLike<number | bigint> {
  switch (dtype) {
    case "float32":
      return proto.float_data ?? [];
    case "float64":
      return proto.double_data ?? [];
    case "int64":
      return proto.int64_data ?? [];
    case "uint32":
    case "uint64":
      return proto.uint64_data ?? [];
    default:
      return proto.int32_data ?? [];
  }
}

function typedTensor(
  dtype: DType,
  shape: readonly number[],
  list: ArrayLike<number | bigint>,
  where: string,
): Tensor {
  if (dtype === "float32" && list instanceof Float32Array) return { dtype, shape, data: list };
  if (dtype === "float64" && list instanceof Float64Array) return { dtype, shape, data: list };
  if (dtype === "int64" || dtype === "uint64") {
    const bits =
      list instanceof BigUint64Array ? list : BigUint64Array.from(Array.from(list, BigInt));
    return dtype === "uint64"
      ? { dtype, shape, data: bits }
      : { dtype, shape, data: new BigInt64Array(bits.buffer) };
  }
  const numbers = Array.from(list, dtype === "bool" ? (value) => Number(Boolean(value)) : Number);
  try {
    return tensor(dtype, shape, numbers);
  } catch {
    throw malformed(`${where}: got numbers that ${dtype} does not hold`);
  }
}

function externalDataOf(
  proto: Message<"TensorProto">,
  where: string,
  expected: number,
): ExternalData {
  const entries = new Map(
    Array.from(proto.external_data ?? [], ({ key = "", value = "" }) => [key, value] as const),
  );
  const location = entries.get("location") ?? "";
  try {
    checkLocation(location);
  } catch {
    throw malformed(
      `${where}: its data lies in ${JSON.stringify(location)}, outside of the model's folder`,
    );
  }
  const wholeNumber = (key: string, usual: number) => {
    const text = entries.get(key);
    if (text === undefined) return usual;
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
      throw malformed(`${where}: ${key} ${JSON.stringify(text)}, expected a whole number`);
    return Number(text);
  };
  const offset = wholeNumber("offset", 0);
  const length = wholeNumber("length", expected);
  if (length !== expected)
    throw malformed(`${where}: length ${length}, expected ${expected} for its shape`);
  return { tensor: proto.name ?? "", location, offset, length };
}

function externalBytes(data: ExternalData, where: string, options: DecodeOptions): Uint8Array {
  const { location, length } = data;
  if (!options.externalData)
    throw new CajalError(
      "unsupported",
      `${where}: its data lies in the file ${JSON.stringify(location)}. Read the model with readModel of @cajal/onnx/node, or with decodeModelWithExternalData.`,
      { location },
    );
  const bytes = options.externalData(data);
  if (bytes.length !== length)
    throw malformed(
      `${where}: got ${bytes.length} bytes of ${JSON.stringify(location)}, expected ${length}`,
    );
  return bytes;
}

/** Bytes as elements: the same memory where it is aligned. */
function view<D extends DType>(dtype: D, bytes: Uint8Array): TypedArrays[D] {
  const width = bitsOf(dtype) / 8;
  const alignedBytes = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new arrayTypes[dtype](alignedBytes.buffer, alignedBytes.byteOffset, bytes.length / width);
}

/**
 * The same bytes, moved to an aligned offset. There are always 4 bytes before them to move
 * into, those that announced them (two tags, two lengths), so that up to 3 are free; wider
 * elements stay where they are.
 */
function moveAligned(bytes: Uint8Array, width: number): Uint8Array {
  const shift = bytes.byteOffset % width;
  if (shift === 0 || width > 4) return bytes;
  const to = new Uint8Array(bytes.buffer, bytes.byteOffset - shift, bytes.length);
  to.set(bytes);
  return to;
}
