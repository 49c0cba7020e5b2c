// The first principal component of a layer's pixels.

/** Rounds of power iteration at most; where two components are as good as equal either will do. */
const mostRounds = 5000;

/**
 * Pixels as rows in channel space, columns centred, projected on the first right singular vector. A singular
 * vector has no sign: the largest absolute value comes out positive.
 */
export function principal(
  of: (channel: number, pixel: number) => number,
  channels: number,
  area: number,
): Float64Array {
  const rows = Array.from({ length: channels }, (_, k) => {
    const row = Float64Array.from({ length: area }, (__, i) => of(k, i));
    const mean = row.reduce((a, b) => a + b, 0) / area;
    return row.map((value) => value - mean);
  });
  // Of channels or pixels, whichever are fewer: their matrix of inner products has the same components.
  const across = Array.from({ length: area }, (_, i) => Float64Array.from(rows, (row) => row[i]!));
  const byPixels = area <= channels;
  const vectors = byPixels ? across : rows;
  const gram = vectors.map((a) => Float64Array.from(vectors, (b) => dot(a, b)));
  let vector = start(gram);
  for (let round = 0; round < mostRounds; round++) {
    const next = gram.map((row) => dot(row, vector));
    const length = Math.sqrt(dot(next, next));
    if (length === 0) return new Float64Array(area);
    const unit = Float64Array.from(next, (value) => value / length);
    const moved = unit.reduce((sum, value, i) => sum + (value - vector[i]!) ** 2, 0);
    vector = unit;
    if (moved < 1e-28) break;
  }
  // By pixels the vector is the projection, but for the singular value √λ; by channels one projects on it.
  const projected = byPixels
    ? vector.map(
        (value) =>
          value *
          Math.sqrt(
            dot(
              gram.map((row) => dot(row, vector)),
              vector,
            ),
          ),
      )
    : Float64Array.from(across, (pixel) => dot(pixel, vector));
  let [least, most] = [0, 0];
  for (const value of projected) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return -least > most ? projected.map((value) => -value) : projected;
}

/** The column of the largest diagonal element: not orthogonal to what is sought, unless by accident. */
function start(gram: readonly Float64Array[]): Float64Array {
  let best = 0;
  gram.forEach((row, i) => {
    if (row[i]! > gram[best]![best]!) best = i;
  });
  const length = Math.sqrt(dot(gram[best]!, gram[best]!)) || 1;
  return gram[best]!.map((value) => value / length);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
