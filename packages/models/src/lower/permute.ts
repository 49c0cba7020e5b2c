// Numbers in another order of their axes, as fast as memory allows: a network's kernels are all laid out anew when it is
// opened.
import type { TypedArrays, DType } from "@cajal/core";
import { transposeByWasm } from "./transposeByWasm";

/** An axis of the result: its extent, and how far apart its entries lie in the source. */
export interface Axis {
  extent: number;
  stride: number;
}

/** Typed arrays of numbers and of bigints alike. */
type Numbers = { [index: number]: number | bigint };

/**
 * Fills `target` in row-major order of `axes`, reading `source` along their strides.
 *
 * @param axes merged, see {@link mergedAxes}
 */
export function copyPermuted(
  source: TypedArrays[DType],
  target: TypedArrays[DType],
  axes: readonly Axis[],
): void {
  const { extent = 1, stride = 1 } = axes.at(-1) ?? {};
  if (stride === 1 && extent >= leastRun) copyRuns(source, target, axes);
  else if (
    source instanceof Float32Array &&
    target instanceof Float32Array &&
    isTransposition(axes)
  )
    copyTransposed(source, target, axes);
  else copyTiled(source, target, axes);
}

/** Whether {@link copyScaled} can: the axis that is contiguous in the source is the first of the result, and has an entry for each number. */
export const canScale = (axes: readonly Axis[], scale: Float64Array): boolean =>
  isTransposition(axes) && axes[0]!.extent === scale.length;

/** The same, each entry of the first axis times its number of `scale`, in float64 and rounded once. */
export function copyScaled(
  source: Float32Array,
  target: Float32Array,
  axes: readonly Axis[],
  scale: Float64Array,
): void {
  copyTransposed(source, target, axes, scale);
}

/** Axes of `shape` in the order `permutation`, without those of one entry, and those joined that lie as one in the source. */
export function mergedAxes(shape: readonly number[], permutation: readonly number[]): Axis[] {
  const strides = stridesOf(shape);
  const merged: Axis[] = [];
  for (const axis of permutation) {
    const extent = shape[axis]!;
    const stride = strides[axis]!;
    if (extent === 1) continue;
    const previous = merged.at(-1);
    if (previous?.stride === extent * stride) {
      previous.extent *= extent;
      previous.stride = stride;
    } else merged.push({ extent, stride });
  }
  return merged;
}

/** Runs of numbers that are shorter are copied one by one. */
const leastRun = 16;

/** The last axis lies in the source as it does in the result. */
function copyRuns(
  source: TypedArrays[DType],
  target: TypedArrays[DType],
  axes: readonly Axis[],
): void {
  const { extent } = axes.at(-1)!;
  let to = 0;
  walk(axes.slice(0, -1), (from) => {
    // Both are of one type.
    (target as Float32Array).set(source.subarray(from, from + extent) as Float32Array, to);
    to += extent;
  });
}

/** Numbers that are laid out at once: what stays in the cache of a core. */
const blockSize = 2 ** 16;

/** Kept, for new memory takes its time. */
let block: Float32Array | undefined;

/** Rows that read the same lines of the source, which are 64 bytes. */
const rowsOfLine = 16;

/** Behind an axis that is contiguous in the source come at most two others, the last not too long: HWIO -> OIHW, any matrix. */
function isTransposition([rows, outer, inner, ...more]: readonly Axis[]): boolean {
  if (rows?.stride !== 1 || !outer || more.length > 0) return false;
  return !inner || inner.extent <= blockSize / rowsOfLine;
}

/**
 * Blocks of rows are laid out in a small array and copied to `target` as a whole, which may be the view of a buffer that
 * can be resized: writing these one by one takes twice the time.
 */
function copyTransposed(
  source: Float32Array,
  target: Float32Array,
  axes: readonly Axis[],
  scale?: Float64Array,
): void {
  const rows = axes[0]!.extent;
  const outer = axes[1]!;
  const inner = axes[2] ?? { extent: 1, stride: 0 };
  const rowLength = outer.extent * inner.extent;
  // Where the axes lie without gaps, as a kernel's do.
  const extents = { rows, columns: outer.extent, taps: inner.extent };
  const isPacked = outer.stride === rows && (!axes[2] || inner.stride === rows * outer.extent);
  if (isPacked && transposeByWasm(source, target, extents, scale)) return;
  // Long rows are laid out in parts, short ones many at a time.
  const part = Math.min(outer.extent, Math.floor(blockSize / rowsOfLine / inner.extent));
  const isWhole = part === outer.extent;
  const height = isWhole
    ? Math.max(rowsOfLine, Math.floor(blockSize / rowLength / rowsOfLine) * rowsOfLine)
    : rowsOfLine;
  block ??= new Float32Array(blockSize);
  for (let row = 0; row < rows; row += height) {
    const rowEnd = Math.min(row + height, rows);
    for (let start = 0; start < outer.extent; start += part) {
      const end = Math.min(start + part, outer.extent);
      const width = (end - start) * inner.extent;
      layOut(source, block, { row, rowEnd, start, end, outer, inner, scale });
      if (isWhole) target.set(block.subarray(0, (rowEnd - row) * width), row * rowLength);
      else
        for (let r = row; r < rowEnd; r++)
          target.set(
            block.subarray((r - row) * width, (r - row + 1) * width),
            r * rowLength + start * inner.extent,
          );
    }
  }
}

/** What of a transposition is laid out: rows, and entries of the axis behind them. */
interface Part {
  readonly row: number;
  readonly rowEnd: number;
  readonly start: number;
  readonly end: number;
  readonly outer: Axis;
  readonly inner: Axis;
  readonly scale: Float64Array | undefined;
}

/** Four rows at a time: their numbers lie side by side in the source. */
function layOut(
  source: Float32Array,
  to: Float32Array,
  { row, rowEnd, start, end, outer, inner, scale }: Part,
): void {
  const { stride } = outer;
  const { extent: columns, stride: step } = inner;
  const width = (end - start) * columns;
  let r = row;
  for (; r + 3 < rowEnd; r += 4) {
    const a = scale ? scale[r]! : 1;
    const b = scale ? scale[r + 1]! : 1;
    const c = scale ? scale[r + 2]! : 1;
    const d = scale ? scale[r + 3]! : 1;
    const first = (r - row) * width;
    const second = first + width;
    const third = second + width;
    const fourth = third + width;
    let k = 0;
    for (let i = start; i < end; i++) {
      let from = i * stride + r;
      for (let j = 0; j < columns; j++, from += step, k++) {
        to[first + k] = source[from]! * a;
        to[second + k] = source[from + 1]! * b;
        to[third + k] = source[from + 2]! * c;
        to[fourth + k] = source[from + 3]! * d;
      }
    }
  }
  for (; r < rowEnd; r++) {
    const factor = scale ? scale[r]! : 1;
    let k = (r - row) * width;
    for (let i = start; i < end; i++) {
      let from = i * stride + r;
      for (let j = 0; j < columns; j++, from += step, k++) to[k] = source[from]! * factor;
    }
  }
}

/** Edge of the tiles in which two axes are exchanged: both sides of one stay in the nearest cache. */
const tile = 32;

/** Any axes and types. The one that is contiguous in the source is walked in tiles with the last, contiguous in the target. */
function copyTiled(source: Numbers, target: Numbers, axes: readonly Axis[]): void {
  const { extent: columns, stride: columnStride } = axes.at(-1) ?? { extent: 1, stride: 1 };
  const targetStrides = stridesOf(axes.map(({ extent }) => extent));
  const across = axes.slice(0, -1).reduce((least, { stride }, axis, all) => {
    return least === -1 || stride < all[least]!.stride ? axis : least;
  }, -1);
  const { extent: rows, stride: rowStride } = axes[across] ?? { extent: 1, stride: 0 };
  const rowTarget = targetStrides[across] ?? 0;
  const outerAxes = axes.flatMap(({ extent, stride }, axis) =>
    axis === across || axis === axes.length - 1
      ? []
      : [{ extent, stride, target: targetStrides[axis]! }],
  );
  walk(outerAxes, (from, to) => {
    for (let row = 0; row < rows; row += tile) {
      const rowEnd = Math.min(row + tile, rows);
      for (let column = 0; column < columns; column += tile) {
        const columnEnd = Math.min(column + tile, columns);
        for (let r = row; r < rowEnd; r++) {
          let at = from + r * rowStride + column * columnStride;
          const start = to + r * rowTarget;
          for (let c = column; c < columnEnd; c++, at += columnStride)
            target[start + c] = source[at]!;
        }
      }
    }
  });
}

/** Visits all entries of `axes` in row-major order: where each lies in the source, and in the target. */
function walk(
  axes: readonly (Axis & { readonly target?: number })[],
  visit: (from: number, to: number) => void,
): void {
  const index = axes.map(() => 0);
  let from = 0;
  let to = 0;
  for (;;) {
    visit(from, to);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { extent, stride, target: step = 0 } = axes[axis]!;
      from += stride;
      to += step;
      if (++index[axis]! < extent) break;
      from -= stride * extent;
      to -= step * extent;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}
