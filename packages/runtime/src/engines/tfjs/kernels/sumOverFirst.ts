/** Σ over the first axis of [rows, columns], in float64: TF.js turns the axes round first, which takes many times as long. */
export function sumOverFirst(x: Float32Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let from = 0; from < x.length; from += columns)
    for (let column = 0; column < columns; column++) sums[column]! += x[from + column]!;
  return sums;
}
