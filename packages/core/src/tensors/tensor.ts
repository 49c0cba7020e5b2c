// The tensor that all packages share: a typed array with a shape. Plain data, no methods.
import { checkArgument } from "../checks/checkArgument";
import { CajalError } from "../checks/errors";
import { showValue } from "../checks/showValue";

/** Element type → the typed array that holds it. `float16` are IEEE 754 bits, `bool` are 0 and 1. */
export interface TypedArrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

/** Element type, spelled as ONNX Runtime spells it. */
export type DType = keyof TypedArrays;

/** Extents, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** Row-major data. Images are `[batch, height, width, channels]` (NHWC) in every public function. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: TypedArrays[D];
}

/** A model's weights: `layer/weight`, e.g. `conv2d/kernel`, → tensor in Keras' own layout. */
export type Weights = ReadonlyMap<string, Tensor>;

/** Examples `x` and their labels `y`, along the first axis of both. */
export interface Batch<X extends DType = DType, Y extends DType = DType> {
  readonly x: Tensor<X>;
  readonly y: Tensor<Y>;
  /** Factor of each example's loss, float32 `[n]` (Keras: `sample_weight`). */
  readonly weight?: Tensor<"float32">;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A batch of a model of several inputs or outputs: by their names. */
export interface NamedBatch {
  readonly x: Tensor | NamedTensors;
  readonly y: Tensor | NamedTensors;
  /** One for all outputs, or by their names. */
  readonly weight?: Tensor | NamedTensors;
}

/** Whether a value is one tensor, not a record of tensors by name. */
export const isTensor = (value: Tensor | NamedTensors): value is Tensor =>
  typeof value === "object" &&
  value !== null &&
  "dtype" in value &&
  typeof value.dtype === "string" &&
  "data" in value;

/** The typed array that holds the elements of each dtype. */
export const arrayTypes: {
  readonly [D in DType]: {
    new (length: number): TypedArrays[D];
    new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArrays[D];
    readonly BYTES_PER_ELEMENT: number;
    readonly name: string;
  };
} = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** All element types. */
export const dtypes = Object.keys(arrayTypes) as readonly DType[];

/** Allocates a tensor of unspecified values: a new one of zeros, or one in memory that was used before. */
export type Allocate = <D extends DType>(dtype: D, shape: Shape) => Tensor<D>;

/**
 * Makes a tensor; without `data` it is filled with zeros.
 *
 * @example tensor("float32", [2, 2], [1, 2, 3, 4])
 * @param data elements in row-major order: a typed array of this dtype is kept, not copied; other numbers are
 *   copied, and for float16 are its bits
 * @throws CajalError `bad-argument` for an unknown dtype and for what is no number of this dtype: a fraction or 256
 *   for uint8; `bad-shape` for an invalid shape and where the data's length is not the product of the shape
 */
export function tensor<D extends DType>(
  dtype: D,
  shape: Shape,
  data?: TypedArrays[D] | Iterable<number>,
): Tensor<D> {
  checkType(dtype, shape, "tensor");
  const Data = arrayTypes[dtype];
  const size = sizeOf(shape);
  let values: TypedArrays[D];
  if (data === undefined) values = new Data(size);
  else if (data instanceof Data) values = data;
  else {
    values = convert(dtype, data);
  }
  const result: Tensor<D> = { dtype, shape, data: values };
  checkTensor(result);
  return result;
}

/** Numbers as the typed array of a dtype. */
function convert<D extends DType>(
  dtype: D,
  data: TypedArrays[D] | Iterable<number>,
): TypedArrays[D] {
  checkArgument("tensor", "data", data, "iterable");
  const numbers: readonly unknown[] = [...(data as Iterable<unknown>)];
  const values = new arrayTypes[dtype](numbers.length) as { [index: number]: number | bigint };
  const range = ranges[dtype];
  const isBigInt = dtype === "int64" || dtype === "uint64";
  for (let i = 0; i < numbers.length; i++) {
    const value = typeof numbers[i] === "boolean" ? Number(numbers[i]) : numbers[i];
    const isNumber = typeof value === "number" || (isBigInt && typeof value === "bigint");
    const fits = isNumber && (!range || (value >= range[0] && value <= range[1] && (typeof value === "bigint" || Number.isInteger(value)))); // prettier-ignore
    if (!fits)
      throw new CajalError(
        "bad-argument",
        `tensor: got ${showValue(numbers[i])} as element ${i}, expected ${range ? `a whole number of ${range[0]} … ${range[1]}` : "a number"} for dtype ${dtype}.${Array.isArray(value) ? " Of nested arrays tensorOf makes one." : ""}`,
        { dtype, index: i },
      );
    values[i] = isBigInt ? BigInt(value) : (value as number);
  }
  return values as TypedArrays[D];
}

/** The least and the largest number of dtypes of whole numbers; float16 are bits. */
const ranges: Partial<Record<DType, readonly [least: number | bigint, most: number | bigint]>> = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  float16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0, 2n ** 64n - 1n],
};

/**
 * One element along the first axis, as NumPy's `x[index]`: an example of a batch, a row of a matrix.
 *
 * @param index from 0, or from −1 for the last
 * @returns shares its data with `x`
 * @throws CajalError `bad-argument` for an index that `x` does not have
 */
export function at<D extends DType>(x: Tensor<D>, index: number): Tensor<D> {
  checkTensor(x, "at");
  const [count = 0, ...shape] = x.shape;
  const place = index < 0 ? index + count : index;
  if (!Number.isInteger(place) || place < 0 || place >= count)
    throw new CajalError(
      "bad-argument",
      `at: got index ${showValue(index)}, expected one of 0 … ${count - 1} for shape ${showShape(x.shape)}.`,
      { index, shape: x.shape },
    );
  const size = sizeOf(shape);
  const data = x.data.subarray(place * size, (place + 1) * size) as TypedArrays[D];
  return { dtype: x.dtype, shape, data };
}

/** Number of elements of a shape: the product of its extents, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  if (!Array.isArray(shape)) throw badShape("sizeOf", shape);
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Bytes that a tensor of this type and shape occupies. */
export function bytesOf(tensor: { dtype: DType; shape: Shape }): number {
  checkObject(tensor, "bytesOf");
  const { dtype, shape } = tensor;
  checkType(dtype, shape, "bytesOf");
  return sizeOf(shape) * arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** `[2,3]`, and `[?,28,28,1]` where an extent is free. */
export function showShape(shape: readonly (number | string | null | undefined)[]): string {
  // Used in error messages, so it must not throw.
  if (!Array.isArray(shape)) return showValue(shape);
  return `[${shape.map((extent) => (typeof extent === "object" ? "?" : (extent ?? "?"))).join(",")}]`;
}

/**
 * Checks that data, type and shape of a tensor belong together.
 *
 * @param name what to call the tensor in the message
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export function checkTensor(value: Tensor, name = "tensor"): void {
  checkObject(value, name);
  const { dtype, shape, data } = value;
  checkType(dtype, shape, name);
  const Data = arrayTypes[dtype];
  // By name, not instanceof: arrays may come from another realm (a worker, an iframe, a test runner).
  const arrayName = data?.[Symbol.toStringTag] ?? typeof data;
  if (arrayName !== Data.name)
    throw new CajalError(
      "bad-argument",
      `${name}: got data in a ${arrayName}, expected a ${Data.name} for dtype ${dtype}.`,
      { name, dtype },
    );
  if (data.length !== sizeOf(shape))
    throw new CajalError(
      "bad-shape",
      `${name}: got ${data.length} elements, expected ${sizeOf(shape)} for shape ${showShape(shape)}.`,
      { name, shape, length: data.length },
    );
}

function checkObject(value: object, name: string): void {
  if (typeof value !== "object" || value === null || !("dtype" in value))
    throw new CajalError(
      "bad-argument",
      `${name}: got ${showValue(value)}, expected a tensor, { dtype, shape, data }${adviceFor(value)}.`,
      { name },
    );
}

/** Numbers, batches and data sets are what is most often given in the place of a tensor. */
function adviceFor(value: unknown): string {
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `: tensorOf([[1, 2], [3, 4]]) or tensor("float32", [2, 2], [1, 2, 3, 4])`;
  if (typeof value !== "object" || value === null) return "";
  if ("x" in value) return ", its x";
  return "all" in value ? ", as (await data.all()).x of a data set" : "";
}

function checkType(dtype: DType, shape: Shape, name: string): void {
  if (typeof dtype !== "string" || !Object.hasOwn(arrayTypes, dtype))
    throw new CajalError(
      "bad-argument",
      `${name}: got dtype ${showValue(dtype)}, expected one of ${dtypes.join(", ")}.`,
      { name, dtype },
    );
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw badShape(name, shape);
}

const badShape = (name: string, shape: Shape) =>
  new CajalError(
    "bad-shape",
    `${name}: got shape ${showShape(shape)}, expected a list of whole numbers of at least 0.`,
    { name, shape },
  );
