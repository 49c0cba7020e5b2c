// ROAD's imputation of missing pixels (Rong et al. 2022, arXiv:2202.00449): a missing pixel is the weighted mean of its
// eight neighbours, 1/6 at the sides and 1/12 at the corners, renormalized at the border; missing neighbours are
// unknown too, which makes one linear system, symmetric and positive definite.
import { gridSolver, onGrid } from "./multigrid";

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
  const grid = { height, width };
  const stride = width + 2;
  const placeOf = (pixel: number) => (Math.floor(pixel / width) + 1) * stride + (pixel % width) + 1;
  const places = Int32Array.from(missing, placeOf);
  const [inside, unknown] = [onGrid(grid), onGrid(grid)];
  for (let i = 0; i < area; i++) inside[placeOf(i)] = 1;
  for (const place of places) unknown[place] = 1;
  const [diagonal, east, south, southEast, southWest] = [onGrid(grid), onGrid(grid), onGrid(grid), onGrid(grid), onGrid(grid)]; // prettier-ignore
  for (const place of places) {
    diagonal[place] = around(inside, place, stride);
    east[place] = -side * unknown[place + 1]!;
    south[place] = -side * unknown[place + stride]!;
    southEast[place] = -corner * unknown[place + stride + 1]!;
    southWest[place] = -corner * unknown[place + stride - 1]!;
  }
  const solve = gridSolver({ ...grid, places, diagonal, east, south, southEast, southWest }, tolerance); // prettier-ignore
  for (let from = 0; from < image.length; from += area) {
    const [present, b] = [onGrid(grid), onGrid(grid)];
    for (let i = 0; i < area; i++) if (keep[i]) present[placeOf(i)] = image[from + i]!;
    for (const place of places) b[place] = around(present, place, stride);
    const x = solve(b);
    missing.forEach((pixel, k) => (to[from + pixel] = x[places[k]!]!));
  }
  return to;
}

/** The weighted sum of a place's neighbours. */
const around = (grid: Float64Array, place: number, stride: number): number =>
  side * (grid[place - 1]! + grid[place + 1]! + grid[place - stride]! + grid[place + stride]!) +
  corner *
    (grid[place - stride - 1]! +
      grid[place - stride + 1]! +
      grid[place + stride - 1]! +
      grid[place + stride + 1]!);
