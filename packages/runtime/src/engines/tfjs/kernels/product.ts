// Products of matrices in JavaScript, three rows by three columns at a time: nine sums stay in the processor's registers, and each
// number that is read is used three times, which takes a third of the time of one row after another. For that
// both matrices are laid out in strips.

/** Rows of a strip. */
const width = 3;

/** Numbers that the strips of a matrix take. */
export const stripsSize = (rows: number, depth: number) => Math.ceil(rows / width) * width * depth;

/** Where the entries of a row lie among strips: that of depth d at `width · d` from here. */
export const stripOffset = (row: number, depth: number) => (row - (row % width)) * depth + (row % width); // prettier-ignore

export const stripStep = width;

/** How a matrix lies in an array. */
export interface Layout {
  readonly rows: number;
  readonly depth: number;
  readonly start: number;
  readonly rowStride: number;
  readonly depthStride: number;
}

/** Lays a matrix out in strips: three rows side by side, depth by depth. What the last strip lacks stays as it is: nothing reads its sums. */
export function layStrips(
  source: ArrayLike<number>,
  { rows, depth, start, rowStride, depthStride }: Layout,
  strips: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    let from = start + row * rowStride;
    let to = stripOffset(row, depth);
    for (let d = 0; d < depth; d++, from += depthStride, to += width) strips[to] = source[from]!;
  }
}

/**
 * result[row, column] += Σ a[row, d] · b[column, d], in float64.
 *
 * @param result in row-major order, its first number at `at`
 */
export function addProduct(
  a: Float32Array,
  b: Float32Array,
  { rows, columns, depth }: { readonly rows: number; readonly columns: number; readonly depth: number }, // prettier-ignore
  result: Float32Array | Float64Array,
  at = 0,
): void {
  const strip = width * depth;
  for (let row = 0, aStart = 0; row < rows; row += width, aStart += strip)
    for (let column = 0, bStart = 0; column < columns; column += width, bStart += strip) {
      let [s00, s01, s02, s10, s11, s12, s20, s21, s22] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
      for (let i = aStart, j = bStart, end = aStart + strip; i < end; i += width, j += width) {
        const a0 = a[i]!;
        const a1 = a[i + 1]!;
        const a2 = a[i + 2]!;
        const b0 = b[j]!;
        const b1 = b[j + 1]!;
        const b2 = b[j + 2]!;
        s00 += a0 * b0;
        s01 += a0 * b1;
        s02 += a0 * b2;
        s10 += a1 * b0;
        s11 += a1 * b1;
        s12 += a1 * b2;
        s20 += a2 * b0;
        s21 += a2 * b1;
        s22 += a2 * b2;
      }
      const first = at + row * columns + column;
      const second = first + columns;
      const third = second + columns;
      const [hasSecond, hasThird] = [column + 1 < columns, column + 2 < columns];
      result[first]! += s00;
      if (hasSecond) result[first + 1]! += s01;
      if (hasThird) result[first + 2]! += s02;
      if (row + 1 >= rows) continue;
      result[second]! += s10;
      if (hasSecond) result[second + 1]! += s11;
      if (hasThird) result[second + 2]! += s12;
      if (row + 2 >= rows) continue;
      result[third]! += s20;
      if (hasSecond) result[third + 1]! += s21;
      if (hasThird) result[third + 2]! += s22;
    }
}
