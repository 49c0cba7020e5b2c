// Interpolation along an axis as a matrix product, which has gradients on TF.js where its own resizing has wrong ones.

/** Weights [from, to] of linear interpolation between pixel centres, edges repeated. */
export function linearWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(from * to);
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(position);
    weights[low * to + i] = 1 - (position - low);
    if (position > low) weights[(low + 1) * to + i] = position - low;
  }
  return weights;
}

/** Weights [from, to] that take the pixel whose centre, or whose corner, is nearest. */
export function nearestWeights(from: number, to: number, isHalfPixel: boolean): Float32Array {
  const weights = new Float32Array(from * to);
  for (let i = 0; i < to; i++) {
    const position = Math.floor(((isHalfPixel ? i + 0.5 : i) * from) / to);
    weights[Math.min(position, from - 1) * to + i] = 1;
  }
  return weights;
}
