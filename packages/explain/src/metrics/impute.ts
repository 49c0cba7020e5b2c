// ROAD's imputation of missing pixels (Rong et al. 2022, arXiv:2202.00449): a missing pixel is the weighted mean of its
// eight neighbours, 1/6 at the sides and 1/12 at the corners, renormalized at the border; missing neighbours are
// unknown too, which makes one linear system. It is symmetric and positive definite: conjugate gradients solve it.

/** Relative to what is asked for; far below float32. */
const tolerance = 1e-12;

interface Neighbour {
  readonly dy: number;
  readonly dx: number;
  readonly weight: number;
}

const neighbours: readonly Neighbour[] = [-1, 0, 1].flatMap((dy) =>
  [-1, 0, 1].flatMap((dx) =>
    dy === 0 && dx === 0 ? [] : [{ dy, dx, weight: dy === 0 || dx === 0 ? 1 / 6 : 1 / 12 }],
  ),
);

/**
 * An image [c, h, w] with its missing pixels filled in, in all channels; with no pixel left, zeros.
 *
 * @param keep of every pixel, whether it is there
 */
export function imputed(
  image: Float32Array,
  [height, width]: readonly [number, number],
  keep: ArrayLike<boolean | number>,
): Float32Array {
  const area = height * width;
  const missing = Uint32Array.from({ length: area }, (_, i) => i).filter((i) => !keep[i]);
  const to = image.slice();
  if (missing.length === area) return to.fill(0);
  const index = new Int32Array(area).fill(-1);
  missing.forEach((pixel, k) => (index[pixel] = k));
  // Row k: the sum of its weights, and its unknown neighbours with theirs.
  const diagonal = new Float64Array(missing.length);
  const unknown: { readonly k: number; readonly weight: number }[][] = [];
  const known: { readonly pixel: number; readonly weight: number }[][] = [];
  missing.forEach((pixel, k) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    unknown.push([]);
    known.push([]);
    for (const { dy, dx, weight } of neighbours) {
      const [ny, nx] = [y + dy, x + dx];
      if (ny < 0 || ny >= height || nx < 0 || nx >= width) continue;
      const other = ny * width + nx;
      diagonal[k]! += weight;
      if (index[other] === -1) known[k]!.push({ pixel: other, weight });
      else unknown[k]!.push({ k: index[other]!, weight });
    }
  });
  for (let from = 0; from < image.length; from += area) {
    const b = Float64Array.from(known, (row) =>
      row.reduce((sum, { pixel, weight }) => sum + weight * image[from + pixel]!, 0),
    );
    const solved = conjugateGradients(diagonal, unknown, b);
    missing.forEach((pixel, k) => (to[from + pixel] = solved[k]!));
  }
  return to;
}

function conjugateGradients(
  diagonal: Float64Array,
  unknown: readonly (readonly { readonly k: number; readonly weight: number }[])[],
  b: Float64Array,
): Float64Array {
  const n = b.length;
  const times = (x: Float64Array) =>
    Float64Array.from(x, (value, i) => {
      let sum = diagonal[i]! * value;
      for (const { k, weight } of unknown[i]!) sum -= weight * x[k]!;
      return sum;
    });
  const dot = (a: Float64Array, c: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += a[i]! * c[i]!;
    return sum;
  };
  const x = new Float64Array(n);
  const r = b.slice();
  // A loose end: pixels of a region that touches nothing known have no value, and stay 0.
  const goal = tolerance ** 2 * dot(b, b);
  let z = r.map((value, i) => value / diagonal[i]!);
  const p = z.slice();
  let rz = dot(r, z);
  for (let round = 0; round < 4 * n && dot(r, r) > goal; round++) {
    const ap = times(p);
    const step = rz / dot(p, ap);
    for (let i = 0; i < n; i++) {
      x[i]! += step * p[i]!;
      r[i]! -= step * ap[i]!;
    }
    z = r.map((value, i) => value / diagonal[i]!);
    const next = dot(r, z);
    for (let i = 0; i < n; i++) p[i] = z[i]! + (next / rz) * p[i]!;
    rz = next;
  }
  return x;
}
