// A constant whose numbers are computed when they are read: a network's weights, rearranged for its graph, need not
// all be in memory beside the network's own.
import {
  arrayTypes,
  checkArgument,
  CajalError,
  sizeOf,
  type DType,
  type Shape,
  type Tensor,
  type TypedArrays,
} from "@cajal/core";

/** Gives room for `length` numbers, whatever they are at first. */
export type Allocate = <D extends DType>(dtype: D, length: number) => TypedArrays[D];

type Compute = (allocate: Allocate) => TypedArrays[DType];

const computations = new WeakMap<object, Compute>();

/**
 * A tensor that is computed when `data` is first read, and is an ordinary one from then on. What it is computed from must
 * not change before that. {@link dataOf} computes it without keeping it.
 *
 * @param compute gives all numbers, in memory of `allocate`
 */
export function lazyTensor<D extends DType>(
  dtype: D,
  shape: Shape,
  compute: (allocate: Allocate) => TypedArrays[D],
): Tensor<D> {
  checkArgument("lazyTensor", "dtype", dtype, "string");
  checkArgument("lazyTensor", "shape", shape, "array");
  checkArgument("lazyTensor", "compute", compute, "function");
  let kept: TypedArrays[D] | undefined;
  const result: Tensor<D> = {
    dtype,
    shape,
    get data() {
      computations.delete(result);
      return (kept ??= compute(newArray));
    },
  };
  computations.set(result, compute);
  return result;
}

/** Whether a tensor's numbers are still to be computed. */
export function isLazy(tensor: object): boolean {
  checkArgument("isLazy", "tensor", tensor, "object");
  return computations.has(tensor);
}

/** A tensor's numbers: those that are there, or computed in memory of `allocate` and not kept. */
export function dataOf(tensor: Tensor, allocate: Allocate): Tensor["data"] {
  checkArgument("dataOf", "tensor", tensor, "object");
  checkArgument("dataOf", "allocate", allocate, "function");
  const compute = computations.get(tensor);
  if (!compute) return tensor.data;
  const data = compute(allocate);
  if (data.length === sizeOf(tensor.shape)) return data;
  throw new CajalError("bad-shape", `a lazy tensor: got ${data.length} numbers, expected ${sizeOf(tensor.shape)}.`); // prettier-ignore
}

const newArray: Allocate = (dtype, length) => new arrayTypes[dtype](length);
