// Weighted linear regression with an intercept, and a penalty on all but that.

/**
 * Minimizes Σᵢ wᵢ (yᵢ − c·rowᵢ − c₀)² + ridge c·c by the normal equations, in float64.
 *
 * @returns c, then c₀; undefined where the rows do not determine them
 */
export function leastSquares(
  rows: readonly ArrayLike<number>[],
  y: ArrayLike<number>,
  weights: ArrayLike<number>,
  ridge = 0,
): Float64Array | undefined {
  const n = rows[0]!.length + 1;
  const matrix = Array.from({ length: n }, () => new Float64Array(n + 1));
  rows.forEach((row, r) => {
    const at = (i: number) => (i === n - 1 ? 1 : row[i]!);
    for (let i = 0; i < n; i++) {
      const scaled = weights[r]! * at(i);
      if (scaled === 0) continue;
      for (let j = 0; j < n; j++) matrix[i]![j]! += scaled * at(j);
      matrix[i]![n]! += scaled * y[r]!;
    }
  });
  for (let i = 0; i < n - 1; i++) matrix[i]![i]! += ridge;
  return solved(matrix);
}

/** Gaussian elimination with the largest pivot of each column; the last column is the right-hand side. */
function solved(matrix: Float64Array[]): Float64Array | undefined {
  const n = matrix.length;
  const scale = Math.max(...matrix.map((row) => Math.max(...row.map(Math.abs))));
  for (let column = 0; column < n; column++) {
    let best = column;
    for (let row = column; row < n; row++)
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[best]![column]!)) best = row;
    [matrix[column], matrix[best]] = [matrix[best]!, matrix[column]!];
    const pivot = matrix[column]!;
    if (!(Math.abs(pivot[column]!) > 1e-14 * scale)) return undefined;
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = matrix[row]![column]! / pivot[column]!;
      for (let i = column; i <= n; i++) matrix[row]![i]! -= factor * pivot[i]!;
    }
  }
  return Float64Array.from(matrix, (row, i) => row[n]! / row[i]!);
}
