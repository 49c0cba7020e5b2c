// Numbers as rows: the examples of a batch one after the other, made when they are needed.
import { sizeOf, tensor, type Shape, type Tensor } from "@cajal/core";

/** So many examples, each written when it is asked for, so that a thousand need not lie in memory. */
export interface Rows {
  readonly count: number;
  /** Of one example, without the batch. */
  readonly shape: Shape;
  /** Writes example `row`. */
  write(row: number, to: Float32Array): void;
}

/** The examples of a tensor. */
export function rowsOf({ shape, data }: Tensor): Rows {
  const [count, ...rest] = shape as [number, ...number[]];
  const size = sizeOf(rest);
  const values = data as Float32Array;
  return {
    count,
    shape: rest,
    write: (row, to) => to.set(values.subarray(row * size, (row + 1) * size)),
  };
}

/** Examples of a shape, written by a function. */
export const rows = (
  count: number,
  shape: Shape,
  write: (row: number, to: Float32Array) => void,
): Rows => ({ count, shape, write });

/** Example `row` of a tensor, on the same memory. */
export function rowOf({ shape, data }: Tensor, row: number): Float32Array {
  const size = sizeOf(shape.slice(1));
  return (data as Float32Array).subarray(row * size, (row + 1) * size);
}

/** Example `row` of a tensor as a batch of one, on the same memory. */
export const oneOf = (of: Tensor, row: number): Tensor<"float32"> => someOf(of, row, row + 1);

/** Examples from `from` to before `to` of a tensor, on the same memory. */
export function someOf({ shape, data }: Tensor, from: number, to: number): Tensor<"float32"> {
  const [, ...rest] = shape;
  const size = sizeOf(rest);
  const values = (data as Float32Array).subarray(from * size, to * size);
  return tensor("float32", [to - from, ...rest], values);
}

/** A tensor of float32 zeros whose examples are to be written. */
export const emptyRows = (count: number, shape: Shape): Tensor<"float32"> =>
  tensor("float32", [count, ...shape]);
