// The arithmetic in which losses, optimizers and metrics are written once. `V` is a value of the
// engine: a node's output in an ONNX graph (opsGraph.ts), a tensor in TF.js (opsTfjs.ts).
// Names and meanings are ONNX's; a number stands for a scalar of the other operand's type.

export interface Ops<V> {
  // Element by element, with the broadcasting of NumPy.
  add(a: V | number, b: V | number): V;
  sub(a: V | number, b: V | number): V;
  mul(a: V | number, b: V | number): V;
  div(a: V | number, b: V | number): V;
  pow(a: V | number, b: V | number): V;
  /** The larger of the two; not every engine has its gradient: losses use {@link clip}. */
  max(a: V | number, b: V | number): V;
  min(a: V | number, b: V | number): V;
  neg(x: V): V;
  abs(x: V): V;
  exp(x: V): V;
  log(x: V): V;
  sqrt(x: V): V;
  tanh(x: V): V;
  /** log(1 + exp(x)), without overflow. */
  softplus(x: V): V;
  sigmoid(x: V): V;
  /** `x` limited to [min, max]; gradient 0 outside. */
  clip(x: V, min: number, max: number): V;

  // Comparisons give bool.
  greater(a: V | number, b: V | number): V;
  less(a: V | number, b: V | number): V;
  equal(a: V | number, b: V | number): V;
  where(condition: V, a: V | number, b: V | number): V;

  /** To another type; bool to float32 gives 0 and 1. */
  cast(x: V, dtype: "float32" | "int32" | "bool"): V;

  // Reductions: over all axes by default, over none where `axes` is empty; negative axes count from the end.
  reduceSum(x: V, options?: Reduction): V;
  reduceMean(x: V, options?: Reduction): V;
  reduceMax(x: V, options?: Reduction): V;

  /** Products of matrices, which lie in the last two axes; the axes before them are broadcast as by NumPy. */
  matMul(a: V, b: V): V;

  // Elements in another place.
  /** `perm[i]` is the axis of `x` that becomes axis i; default: all axes reversed. */
  transpose(x: V, perm?: readonly number[]): V;
  /** The same elements in other extents; one of them may be −1, which follows from the rest, and 0 keeps that of `x`. */
  reshape(x: V, shape: readonly number[]): V;
  /** Values of one rank, joined along an axis. */
  concat(values: readonly V[], axis: number): V;
  /** The elements from `start` up to `end`, which is not among them, along an axis; negative: from its end. */
  slice(
    x: V,
    options: { readonly axis: number; readonly start?: number; readonly end?: number },
  ): V;
  /** All that `x` has along an axis, one after the other, without that axis, whose extent is known. */
  unstack(x: V, axis: number): V[];

  // Along the last axis.
  softmax(x: V): V;
  logSoftmax(x: V): V;
  /** Index of the largest element, the first of equals; int32, without the last axis. */
  argMax(x: V): V;
  /** float32 [..., depth]: 1 at the class number, else 0; all 0 for a number outside 0 … depth − 1. */
  oneHot(indices: V, depth: number): V;
  /** Rows of `table` along its first axis. */
  gather(table: V, indices: V): V;

  /** A float32 constant of one dimension. */
  constant(values: readonly number[]): V;
  /** `x` with a new last axis of extent 1. */
  expandDims(x: V): V;
  /** `x` without its last axis, which has extent 1. */
  squeeze(x: V): V;

  /** Number of axes. */
  rank(x: V): number;
  /** Extent of an axis (negative: from the end); undefined where it is free, as the batch may be. */
  extent(x: V, axis: number): number | undefined;
}

export interface Reduction {
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

export const reversedAxes = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => rank - 1 - i);

/** Where a slice ends that takes all that is left: ONNX limits it to the extent. */
export const toTheEnd = 2 ** 31 - 1;
