// ROAD's imputation of missing pixels (Rong et al. 2022, arXiv:2202.00449): a missing pixel is the weighted mean of its
// eight neighbours, 1/6 at the sides and 1/12 at the corners, renormalized at the border; missing neighbours are
// unknown too, which makes one linear system, symmetric and positive definite.
import { onGrid, solvedOnGrid } from "./multigrid";

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
  const channels = image.length / area;
  const grid = { height, width };
  const stride = width + 2;
  const [inside, unknown] = [onGrid(grid), onGrid(grid)];
  /** Of each pixel, on the grid. */
  const placeOf = new Int32Array(area);
  const missing: number[] = [];
  for (let y = 0, pixel = 0; y < height; y++)
    for (let x = 0; x < width; x++, pixel++) {
      const place = (y + 1) * stride + x + 1;
      placeOf[pixel] = place;
      inside[place] = 1;
      if (keep[pixel]) continue;
      unknown[place] = 1;
      missing.push(pixel);
    }
  const to = image.slice();
  if (missing.length === area) return to.fill(0);
  const places = Int32Array.from(missing, (pixel) => placeOf[pixel]!);
  const [diagonal, east, south, southEast, southWest] = [onGrid(grid), onGrid(grid), onGrid(grid), onGrid(grid), onGrid(grid)]; // prettier-ignore
  for (const place of places) {
    diagonal[place] = around(inside, place, stride);
    east[place] = -side * unknown[place + 1]!;
    south[place] = -side * unknown[place + stride]!;
    southEast[place] = -corner * unknown[place + stride + 1]!;
    southWest[place] = -corner * unknown[place + stride - 1]!;
  }
  const b = onGrid(grid, channels);
  const present = onGrid(grid);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) if (keep[i]) present[placeOf[i]!] = image[c * area + i]!;
    for (const place of places) b[place * channels + c] = around(present, place, stride);
  }
  const x = solvedOnGrid({ ...grid, places, diagonal, east, south, southEast, southWest }, b, channels, tolerance); // prettier-ignore
  for (let c = 0; c < channels; c++)
    for (let k = 0; k < places.length; k++)
      to[c * area + missing[k]!] = x[places[k]! * channels + c]!;
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
