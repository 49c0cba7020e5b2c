// A fixed linear map along one axis: what interpolation and mirrored padding are, and what their
// gradients are too (the transposed map). Each row of the map has few entries, and only they are kept.
import { CajalError, tensor } from "@cajal/core";
import type { ElementType } from "../../model/elementType";
import type { GraphBuilder, Value } from "../../graph/builder";
import { rankOf } from "./sumTo";

/** `rows` × `columns`; entries in any order, those of one place are added up. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly entries: readonly Entry[];
}

export type Entry = readonly [row: number, column: number, weight: number];

/** A map with more entries (at two gathers each) is refused: a graph does not carry such constants. */
const maxElements = 2 ** 22;

/** @throws CajalError `unsupported` for maps beyond what a graph can carry */
export function checkEntries(count: number): void {
  if (count > maxElements)
    throw new CajalError(
      "unsupported",
      `its gradient along an axis would take a table of ${count} numbers; the most is ${maxElements}.`,
      { count, most: maxElements },
    );
}

export const transpose = ({ rows, columns, entries }: SparseMatrix): SparseMatrix => ({
  rows: columns,
  columns: rows,
  entries: entries.map(([row, column, weight]) => [column, row, weight]),
});

/** Up to so many elements a matrix product is the fastest form. */
const dense = 64 * 64;

/** y[.., r, ..] = Σ_c m[r, c] · x[.., c, ..] along `axis`. */
export function alongAxis(g: GraphBuilder, x: Value, axis: number, m: SparseMatrix): Value {
  if (m.entries.length === 0)
    return g.expand(g.scalar(x.dtype, 0), shapeWith(g, x, axis, [m.rows]));
  if (m.rows * m.columns <= dense) return product(g, x, axis, m);
  const byRow = Array.from({ length: m.rows }, (): Entry[] => []);
  for (const entry of m.entries) byRow[entry[0]]!.push(entry);
  const maxEntries = byRow.reduce((max, row) => Math.max(max, row.length), 0);
  return maxEntries * m.rows <= 2 * m.entries.length + 64
    ? gatherRows(g, x, axis, m, byRow, Math.max(1, maxEntries))
    : scatterRows(g, x, axis, m);
}

function product(g: GraphBuilder, x: Value, axis: number, m: SparseMatrix): Value {
  const rank = rankOf(x);
  if (axis === rank - 2) return g.matMul(matrixOf(g, x.dtype, m), x);
  const transposedMatrix = matrixOf(g, x.dtype, transpose(m));
  if (axis === rank - 1) return g.matMul(x, transposedMatrix);
  const swap = Array.from({ length: rank }, (_, i) =>
    i === axis ? rank - 1 : i === rank - 1 ? axis : i,
  );
  return g.transpose(g.matMul(g.transpose(x, swap), transposedMatrix), swap);
}

function matrixOf(
  g: GraphBuilder,
  dtype: ElementType,
  { rows, columns, entries }: SparseMatrix,
): Value {
  const values = new Float64Array(rows * columns);
  for (const [row, column, weight] of entries) values[row * columns + column]! += weight;
  return floats(g, dtype, [rows, columns], values);
}

/** Rows of about equal length: all sources of a row beside each other, weighted, summed. */
function gatherRows(
  g: GraphBuilder,
  x: Value,
  axis: number,
  m: SparseMatrix,
  byRow: readonly (readonly Entry[])[],
  maxEntries: number,
): Value {
  const columns: number[] = [];
  const weights: number[] = [];
  for (const row of byRow)
    for (let i = 0; i < maxEntries; i++) {
      columns.push(row[i]?.[1] ?? 0);
      weights.push(row[i]?.[2] ?? 0);
    }
  const onesAfterAxis = Array<number>(rankOf(x) - axis - 1).fill(1);
  const inOrder = columns.length === m.columns && columns.every((column, i) => column === i);
  const shape = [m.rows, maxEntries];
  const sources = inOrder
    ? g.reshape(x, shapeWith(g, x, axis, shape), { allowzero: 1 })
    : g.gather(x, g.constant(tensor("int64", shape, columns)), { axis });
  const weighted = weights.every((weight) => weight === 1)
    ? sources
    : g.mul(sources, floats(g, x.dtype, [...shape, ...onesAfterAxis], weights));
  return g.reduceSum(weighted, { axes: [axis + 1], keepdims: false });
}

/** The shape of x with other extents in the place of an axis. */
function shapeWith(g: GraphBuilder, x: Value, axis: number, extents: readonly number[]): Value {
  const shape = g.shape(x);
  const part = (start: number, end: number) =>
    g.slice(shape, { starts: [start], ends: [end], axes: [0] });
  const parts = [part(0, axis), g.int64s(extents), part(axis + 1, rankOf(x))];
  return g.concat(parts, { axis: 0 });
}

/** Rows of very different lengths (a wide edge): each entry is added to its row. */
function scatterRows(g: GraphBuilder, x: Value, axis: number, m: SparseMatrix): Value {
  const onesAfterAxis = Array<number>(rankOf(x) - axis - 1).fill(1);
  const count = m.entries.length;
  const entryPart = (i: 0 | 1) => m.entries.map((entry) => entry[i]);
  const sources = g.gather(x, g.constant(tensor("int64", [count], entryPart(1))), { axis });
  const weights = m.entries.map((entry) => entry[2]);
  const weighted = g.mul(sources, floats(g, x.dtype, [count, ...onesAfterAxis], weights));
  const zeros = g.expand(g.scalar(x.dtype, 0), shapeWith(g, x, axis, [m.rows]));
  const rows = g.constant(tensor("int64", [count, ...onesAfterAxis], entryPart(0)));
  return g.scatterElements(zeros, g.expand(rows, g.shape(weighted)), weighted, {
    axis,
    reduction: "add",
  });
}

const floats = (
  g: GraphBuilder,
  dtype: ElementType,
  shape: readonly number[],
  values: Iterable<number>,
): Value => {
  const constant = tensor(dtype === "float64" ? "float64" : "float32", shape, values);
  return dtype === constant.dtype ? g.constant(constant) : g.cast(g.constant(constant), dtype);
};
