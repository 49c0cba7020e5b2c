// A fixed linear map along one axis, as a matrix product: what interpolation and mirrored padding
// are, and what their gradients are too (the transposed matrix).
import { tensor, type DType } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";

/** `rows` × `columns`, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

export function matrix(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) };
}

/** y[.., r, ..] = Σ_c m[r, c] · x[.., c, ..] along `axis`. */
export function alongAxis(g: GraphBuilder, x: Value, axis: number, m: Matrix): Value {
  const rank = x.shape!.length;
  if (axis === rank - 2) return g.matMul(constant(g, x.dtype, m), x);
  const transposed = constant(g, x.dtype, transpose(m));
  if (axis === rank - 1) return g.matMul(x, transposed);
  const swap = Array.from({ length: rank }, (_, i) =>
    i === axis ? rank - 1 : i === rank - 1 ? axis : i,
  );
  return g.transpose(g.matMul(g.transpose(x, swap), transposed), swap);
}

export function transpose({ rows, columns, values }: Matrix): Matrix {
  const turned = matrix(columns, rows);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) turned.values[c * rows + r] = values[r * columns + c]!;
  return turned;
}

const constant = (g: GraphBuilder, dtype: DType, { rows, columns, values }: Matrix) =>
  g.constant(tensor(dtype, [rows, columns], values));
