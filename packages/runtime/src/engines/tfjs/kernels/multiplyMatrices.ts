import { addProduct, layStrips, stripsSize } from "./product";

/** Matrices one after the other in an array. */
export interface Matrices {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Whether they lie there by columns. */
  readonly isTransposed: boolean;
}

/** a · b of each pair, [count, a.rows, b.columns], summed in float64. */
export function multiplyMatrices(count: number, a: Matrices, b: Matrices): Float32Array {
  const { rows, columns: depth } = a;
  const { columns } = b;
  const result = new Float32Array(count * rows * columns);
  const left = new Float32Array(stripsSize(rows, depth));
  const right = new Float32Array(stripsSize(columns, depth));
  for (let i = 0; i < count; i++) {
    const [rowStride, depthStride] = a.isTransposed ? [1, rows] : [depth, 1];
    layStrips(a.data, { rows, depth, start: i * rows * depth, rowStride, depthStride }, left);
    const [columnStride, step] = b.isTransposed ? [depth, 1] : [1, columns];
    layStrips(b.data, { rows: columns, depth, start: i * depth * columns, rowStride: columnStride, depthStride: step }, right); // prettier-ignore
    addProduct(left, right, { rows, columns, depth }, result, i * rows * columns);
  }
  return result;
}
