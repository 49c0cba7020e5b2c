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
/** Row-major data. Images are `[batch, height, width, channels]` (NHWC) at every public door. */
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
/** Whether this is one tensor, and no record of tensors. */
export declare const isTensor: (value: Tensor | NamedTensors) => value is Tensor;
/** All element types. */
export declare const dtypes: readonly DType[];
/**
 * Makes a tensor; without `data` it is filled with zeros.
 *
 * @example tensor("float32", [2, 2], [1, 2, 3, 4])
 * @param data elements in row-major order: a typed array of this dtype is kept, not copied; other numbers
 *   are converted as JavaScript's typed arrays do, and for float16 are its bits
 * @throws CajalError `bad-argument` for an unknown dtype, `bad-shape` for a shape that is none and when
 *   the data's length is not the product of the shape
 */
export declare function tensor<D extends DType>(dtype: D, shape: Shape, data?: TypedArrays[D] | Iterable<number>): Tensor<D>;
/** Number of elements of a shape: the product of its extents, 1 for a scalar. */
export declare function sizeOf(shape: Shape): number;
/** Bytes that a tensor of this type and shape occupies. */
export declare function bytesOf(tensor: {
    dtype: DType;
    shape: Shape;
}): number;
/** `[2,3]`, and `[?,28,28,1]` where an extent is free. */
export declare function showShape(shape: readonly (number | string | null | undefined)[]): string;
/**
 * Checks that data, type and shape of a tensor belong together.
 *
 * @param name what to call the tensor in the message
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export declare function checkTensor(value: Tensor, name?: string): void;
