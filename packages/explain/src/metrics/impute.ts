// ROAD's imputation of missing pixels (Rong et al. 2022, arXiv:2202.00449): a missing pixel is the weighted mean of its
// eight neighbours, 1/6 at the sides and 1/12 at the corners, renormalized at the border; missing neighbours are
// unknown too, which makes one linear system. It is symmetric and positive definite: conjugate gradients solve it,
// on the image's own grid with a border of nothing around it.

/** Of what is left over, relative to what is asked for; below what float32 images can tell. */
const tolerance = 1e-7;

const [side, corner] = [1 / 6, 1 / 12];

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
  const to = image.slice();
  const missing: number[] = [];
  for (let i = 0; i < area; i++) if (!keep[i]) missing.push(i);
  if (missing.length === area) return to.fill(0);
  const wide = width + 2;
  const at = (pixel: number) => (Math.floor(pixel / width) + 1) * wide + (pixel % width) + 1;
  const places = Int32Array.from(missing, at);
  // What counts as a neighbour: 1 inside of the image.
  const inside = new Float64Array((height + 2) * wide);
  for (let i = 0; i < area; i++) inside[at(i)] = 1;
  const around = aroundOn(wide);
  const diagonal = Float64Array.from(places, (place) => around(inside, place));
  for (let from = 0; from < image.length; from += area) {
    const mean = new Float64Array(inside.length);
    for (let i = 0; i < area; i++) if (keep[i]) mean[at(i)] = image[from + i]!;
    const b = Float64Array.from(places, (place) => around(mean, place));
    const x = conjugateGradients(places, diagonal, b, around, inside.length);
    missing.forEach((pixel, k) => (to[from + pixel] = x[k]!));
  }
  return to;
}

/** The weighted sum of a place's neighbours, on rows of `wide`. */
const aroundOn = (wide: number) => (grid: Float64Array, place: number) =>
  side * (grid[place - 1]! + grid[place + 1]! + grid[place - wide]! + grid[place + wide]!) +
  corner *
    (grid[place - wide - 1]! +
      grid[place - wide + 1]! +
      grid[place + wide - 1]! +
      grid[place + wide + 1]!);

function conjugateGradients(
  places: Int32Array,
  diagonal: Float64Array,
  b: Float64Array,
  around: (grid: Float64Array, place: number) => number,
  size: number,
): Float64Array {
  const n = b.length;
  const x = new Float64Array(n);
  const r = b.slice();
  const ap = new Float64Array(n);
  // The direction, on the grid: what is known is 0 in it.
  const p = new Float64Array(size);
  let rz = 0;
  let goal = 0;
  for (let i = 0; i < n; i++) {
    p[places[i]!] = r[i]! / diagonal[i]!;
    rz += (r[i]! * r[i]!) / diagonal[i]!;
    goal += b[i]! * b[i]!;
  }
  goal *= tolerance ** 2;
  for (let round = 0; round < 4 * n; round++) {
    let pap = 0;
    for (let i = 0; i < n; i++) {
      const place = places[i]!;
      ap[i] = diagonal[i]! * p[place]! - around(p, place);
      pap += p[place]! * ap[i]!;
    }
    if (pap === 0) break;
    const step = rz / pap;
    let [next, rest] = [0, 0];
    for (let i = 0; i < n; i++) {
      x[i]! += step * p[places[i]!]!;
      r[i]! -= step * ap[i]!;
      next += (r[i]! * r[i]!) / diagonal[i]!;
      rest += r[i]! * r[i]!;
    }
    if (rest <= goal) break;
    for (let i = 0; i < n; i++) {
      const place = places[i]!;
      p[place] = r[i]! / diagonal[i]! + (next / rz) * p[place]!;
    }
    rz = next;
  }
  return x;
}
