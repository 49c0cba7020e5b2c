// Structural similarity of two pictures (Wang et al. 2004, IEEE Trans. Image Processing 13(4), eq. 13), the mean over all
// windows of 7 × 7 that lie inside, with sample variances: `structural_similarity` of scikit-image as it comes.

const side = 7;
const [k1, k2] = [0.01, 0.03];

/**
 * @param a rows of pixels, 0 … `range`
 * @param extents height and width; a picture less than 7 either way is one window
 */
export function ssim(
  a: Float64Array,
  b: Float64Array,
  [height, width]: readonly [number, number],
  range = 1,
): number {
  const [down, across] = [Math.min(side, height), Math.min(side, width)];
  const n = down * across;
  const product = (x: Float64Array, y: Float64Array) => x.map((value, i) => value * y[i]!);
  const sumsOf = (x: Float64Array) => windowSums(x, [height, width], [down, across]);
  const [sa, sb, saa, sbb, sab] = [a, b, product(a, a), product(b, b), product(a, b)].map(sumsOf);
  const [c1, c2] = [(k1 * range) ** 2, (k2 * range) ** 2];
  const unbiased = n / Math.max(1, n - 1);
  let total = 0;
  sa!.forEach((sum, i) => {
    const [ma, mb] = [sum / n, sb![i]! / n];
    const covariance = (mean: number, x: number, y: number) => unbiased * (mean / n - x * y);
    const [va, vb, vab] = [covariance(saa![i]!, ma, ma), covariance(sbb![i]!, mb, mb), covariance(sab![i]!, ma, mb)]; // prettier-ignore
    total += ((2 * ma * mb + c1) * (2 * vab + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
  });
  return total / sa!.length;
}

/** Of every window that lies inside, the sum. */
function windowSums(
  x: Float64Array,
  [height, width]: readonly [number, number],
  [down, across]: readonly [number, number],
): Float64Array {
  const wide = width + 1;
  // Sums of all that lies above and to the left.
  const corner = new Float64Array((height + 1) * wide);
  for (let y = 0; y < height; y++)
    for (let i = 0, row = 0; i < width; i++) {
      row += x[y * width + i]!;
      corner[(y + 1) * wide + i + 1] = corner[y * wide + i + 1]! + row;
    }
  const columns = width - across + 1;
  return Float64Array.from({ length: (height - down + 1) * columns }, (_, k) => {
    const at = Math.floor(k / columns) * wide + (k % columns);
    const below = at + down * wide;
    return corner[below + across]! - corner[below]! - corner[at + across]! + corner[at]!;
  });
}
