// Solves symmetric positive definite systems on a grid, each unknown of which is coupled to its eight neighbours:
// conjugate gradients, preconditioned by one multigrid V-cycle (Tatebe 1993). Every second row and column makes the
// next coarser grid, values between its points are interpolated bilinearly, and the coarse system is the Galerkin
// product Pᵀ A P; one Gauss-Seidel sweep goes down the cycle and one in reversed order up, which keeps it symmetric.
// The number of rounds does not grow with the size of the holes, as that of plain conjugate gradients does.
// The right-hand sides of one matrix are solved at once, their values side by side: in a sweep each place waits for the
// place before it, and while one right-hand side waits another is computed. Innermost loops take nothing apart by
// patterns (`const [a, b] =`), which would take as long as their sums.

export interface Grid {
  readonly height: number;
  readonly width: number;
}

/**
 * A system on a grid with a border of one around it, width + 2 to a row. Rows of the matrix lie at the places of
 * their unknowns; coefficients of what is no unknown are 0. By symmetry those towards west and north are those of the
 * neighbours towards east and south.
 */
export interface GridSystem extends Grid {
  /** Where unknowns are, rising. */
  readonly places: Int32Array;
  readonly diagonal: Float64Array;
  readonly east: Float64Array;
  readonly south: Float64Array;
  readonly southEast: Float64Array;
  readonly southWest: Float64Array;
}

/** A system, the memory that a cycle works in, and the next coarser one. */
interface Level extends GridSystem {
  /** Of right-hand sides. */
  readonly count: number;
  /** 1 / diagonal */
  readonly inverse: Float64Array;
  readonly x: Float64Array;
  readonly b: Float64Array;
  readonly residual: Float64Array;
  readonly coarser: { readonly level: Level; readonly interpolation: Interpolation } | undefined;
}

/** The places of the coarser grid that unknown k is the weighted mean of: from `starts[k]` to `starts[k + 1]`. */
interface Interpolation {
  readonly starts: Int32Array;
  readonly places: Int32Array;
  readonly weights: Float64Array;
}

/** `count` values for every place of a system's grid, side by side; 0 where nothing is. */
export const onGrid = ({ height, width }: Grid, count = 1) =>
  new Float64Array((height + 2) * (width + 2) * count);

/** Ten are usual; rounding may keep the residual above a tolerance that is too strict. */
const mostRounds = 100;

/**
 * Solves a system for `count` right-hand sides, [place, count].
 *
 * @param tolerance of each residual's norm, relative to that of its right-hand side
 * @returns the solutions, as the right-hand sides lie
 */
export function solvedOnGrid(
  system: GridSystem,
  b: Float64Array,
  count: number,
  tolerance: number,
): Float64Array {
  const finest = levelOf(system, count);
  const { places } = system;
  const [x, r, p, ap] = [onGrid(system, count), b.slice(), onGrid(system, count), onGrid(system, count)]; // prettier-ignore
  const goals = dots(places, b, b, count).map((square) => tolerance ** 2 * square);
  const rz = new Float64Array(count);
  const [betas, steps] = [new Float64Array(count), new Float64Array(count)];
  for (let round = 0; round < mostRounds; round++) {
    const unsolved = dots(places, r, r, count).map((square, c) => (square > goals[c]! ? 1 : 0));
    if (!unsolved.includes(1)) break;
    const z = cycled(finest, r);
    const next = dots(places, r, z, count);
    // What is solved stays as it is.
    for (let c = 0; c < count; c++) betas[c] = round === 0 || !unsolved[c] ? 0 : next[c]! / rz[c]!;
    for (let k = 0; k < places.length; k++)
      for (let c = 0, i = places[k]! * count; c < count; c++, i++) p[i] = z[i]! + betas[c]! * p[i]!;
    rz.set(next);
    multiply(finest, p, ap);
    const curvatures = dots(places, p, ap, count);
    for (let c = 0; c < count; c++) steps[c] = unsolved[c] ? rz[c]! / curvatures[c]! : 0;
    for (let k = 0; k < places.length; k++)
      for (let c = 0, i = places[k]! * count; c < count; c++, i++) {
        x[i]! += steps[c]! * p[i]!;
        r[i]! -= steps[c]! * ap[i]!;
      }
  }
  return x;
}

/** Of each right-hand side. */
function dots(places: Int32Array, a: Float64Array, b: Float64Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (let k = 0; k < places.length; k++)
    for (let c = 0, i = places[k]! * count; c < count; c++, i++) sums[c]! += a[i]! * b[i]!;
  return sums;
}

/** One V-cycle from 0: about the solution for `b`. */
function cycled(level: Level, b: Float64Array): Float64Array {
  const { x, residual, places, inverse, count, coarser } = level;
  const { width, east, south, southEast, southWest } = level;
  const stride = width + 2;
  const w = -count;
  const nw = -(stride + 1) * count;
  const n = -stride * count;
  const ne = -(stride - 1) * count;
  // One sweep from 0, (D + L) x = b: what is after a place is still 0, and of the residual it is all that is left.
  for (let k = 0; k < places.length; k++) {
    const place = places[k]!;
    const toN = south[place - stride]!;
    const toNW = southEast[place - stride - 1]!;
    const toNE = southWest[place - stride + 1]!;
    const toW = east[place - 1]!;
    const inverted = inverse[place]!;
    for (let c = 0, i = place * count; c < count; c++, i++) {
      const before = toN * x[i + n]! + toNW * x[i + nw]! + toNE * x[i + ne]! + toW * x[i + w]!;
      x[i] = (b[i]! - before) * inverted;
    }
  }
  if (coarser) {
    for (let k = 0; k < places.length; k++) {
      const place = places[k]!;
      const toS = south[place]!;
      const toSE = southEast[place]!;
      const toSW = southWest[place]!;
      const toE = east[place]!;
      for (let c = 0, i = place * count; c < count; c++, i++)
        residual[i] = -(toS * x[i - n]! + toSE * x[i - nw]! + toSW * x[i - ne]! + toE * x[i - w]!);
    }
    const { level: coarse, interpolation } = coarser;
    restrict(interpolation, places, residual, coarse.b, count);
    interpolate(interpolation, places, cycled(coarse, coarse.b), x, count);
  }
  for (let k = places.length - 1; k >= 0; k--) {
    const place = places[k]!;
    const toN = south[place - stride]!;
    const toNW = southEast[place - stride - 1]!;
    const toNE = southWest[place - stride + 1]!;
    const toW = east[place - 1]!;
    const toS = south[place]!;
    const toSE = southEast[place]!;
    const toSW = southWest[place]!;
    const toE = east[place]!;
    const inverted = inverse[place]!;
    for (let c = 0, i = place * count; c < count; c++, i++) {
      const before = toN * x[i + n]! + toNW * x[i + nw]! + toNE * x[i + ne]! + toW * x[i + w]!;
      const after = toS * x[i - n]! + toSE * x[i - nw]! + toSW * x[i - ne]! + toE * x[i - w]!;
      x[i] = (b[i]! - before - after) * inverted;
    }
  }
  return x;
}

function multiply(level: Level, x: Float64Array, to: Float64Array): void {
  const { places, diagonal, width, east, south, southEast, southWest, count } = level;
  const stride = width + 2;
  const w = -count;
  const nw = -(stride + 1) * count;
  const n = -stride * count;
  const ne = -(stride - 1) * count;
  for (let k = 0; k < places.length; k++) {
    const place = places[k]!;
    const toN = south[place - stride]!;
    const toNW = southEast[place - stride - 1]!;
    const toNE = southWest[place - stride + 1]!;
    const toW = east[place - 1]!;
    const toS = south[place]!;
    const toSE = southEast[place]!;
    const toSW = southWest[place]!;
    const toE = east[place]!;
    const own = diagonal[place]!;
    for (let c = 0, i = place * count; c < count; c++, i++) {
      const before = toN * x[i + n]! + toNW * x[i + nw]! + toNE * x[i + ne]! + toW * x[i + w]!;
      const after = toS * x[i - n]! + toSE * x[i - nw]! + toSW * x[i - ne]! + toE * x[i - w]!;
      to[i] = own * x[i]! + before + after;
    }
  }
}

/** to = Pᵀ fine */
function restrict(
  { starts, places, weights }: Interpolation,
  finePlaces: Int32Array,
  fine: Float64Array,
  to: Float64Array,
  count: number,
): void {
  to.fill(0);
  for (let k = 0; k < finePlaces.length; k++)
    for (let at = starts[k]!; at < starts[k + 1]!; at++) {
      const weight = weights[at]!;
      const from = finePlaces[k]! * count;
      const place = places[at]! * count;
      for (let c = 0; c < count; c++) to[place + c]! += weight * fine[from + c]!;
    }
}

/** to += P coarse */
function interpolate(
  { starts, places, weights }: Interpolation,
  finePlaces: Int32Array,
  coarse: Float64Array,
  to: Float64Array,
  count: number,
): void {
  for (let k = 0; k < finePlaces.length; k++)
    for (let at = starts[k]!; at < starts[k + 1]!; at++) {
      const weight = weights[at]!;
      const place = finePlaces[k]! * count;
      const from = places[at]! * count;
      for (let c = 0; c < count; c++) to[place + c]! += weight * coarse[from + c]!;
    }
}

const levelOf = (system: GridSystem, count: number): Level => ({
  ...system,
  count,
  inverse: system.diagonal.map((a) => 1 / a),
  x: onGrid(system, count),
  b: onGrid(system, count),
  residual: onGrid(system, count),
  coarser: coarserOf(system, count),
});

/** The next coarser level; undefined where no unknown lies on it, or there is but one place. */
function coarserOf(fine: GridSystem, count: number): Level["coarser"] {
  if (fine.height === 1 && fine.width === 1) return undefined;
  const grid = { height: Math.ceil(fine.height / 2), width: Math.ceil(fine.width / 2) };
  const stride = grid.width + 2;
  const unknown = new Uint8Array((grid.height + 2) * stride);
  const places: number[] = [];
  for (let y = 0; y < grid.height; y++)
    for (let x = 0; x < grid.width; x++) {
      // The diagonal is 0 where there is no unknown.
      if (fine.diagonal[(2 * y + 1) * (fine.width + 2) + 2 * x + 1] === 0) continue;
      const place = (y + 1) * stride + x + 1;
      unknown[place] = 1;
      places.push(place);
    }
  if (places.length === 0) return undefined;
  const interpolation = bilinear(fine, grid, unknown);
  const system = coarseSystem(fine, { ...grid, places: Int32Array.from(places) }, interpolation);
  return { level: levelOf(system, count), interpolation };
}

/** @param unknown of the coarse grid, 1 where there is one; what is known has an error of 0 and takes no part */
function bilinear(fine: GridSystem, grid: Grid, unknown: Uint8Array): Interpolation {
  const starts = new Int32Array(fine.places.length + 1);
  const places = new Int32Array(4 * fine.places.length);
  const weights = new Float64Array(4 * fine.places.length);
  const stride = fine.width + 2;
  let count = 0;
  for (let k = 0; k < fine.places.length; k++) {
    const place = fine.places[k]!;
    const [y, x] = [Math.floor(place / stride) - 1, (place % stride) - 1];
    // The last point of a line has no coarse one behind it if its index is odd: it takes the value before it.
    const [top, left] = [y >> 1, x >> 1];
    const bottom = Math.min((y + 1) >> 1, grid.height - 1);
    const right = Math.min((x + 1) >> 1, grid.width - 1);
    const weight = 1 / ((bottom - top + 1) * (right - left + 1));
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const at = (row + 1) * (grid.width + 2) + column + 1;
        if (unknown[at] === 0) continue;
        places[count] = at;
        weights[count++] = weight;
      }
    starts[k + 1] = count;
  }
  return { starts, places, weights };
}

/** The Galerkin product Pᵀ A P. */
function coarseSystem(
  fine: GridSystem,
  grid: Grid & Pick<GridSystem, "places">,
  { starts, places, weights }: Interpolation,
): GridSystem {
  const [diagonal, east, south, southEast, southWest] = [onGrid(grid), onGrid(grid), onGrid(grid), onGrid(grid), onGrid(grid)]; // prettier-ignore
  const stride = grid.width + 2;
  /** Where the coefficient of two places lies, by how far they are apart. */
  const at: Float64Array[] = [];
  [at[0], at[stride - 1], at[stride], at[stride + 1], at[1]] = [diagonal, southWest, south, southEast, east]; // prettier-ignore
  /** The coefficient `a` of fine unknowns k and l, for each pair of coarse ones. */
  const add = (a: number, k: number, l: number) => {
    for (let i = starts[k]!; i < starts[k + 1]!; i++) {
      const from = places[i]!;
      const weighted = weights[i]! * a;
      // The matrix is symmetric: of two places once.
      for (let j = k === l ? i : starts[l]!; j < starts[l + 1]!; j++) {
        const to = places[j]!;
        const value = weighted * weights[j]!;
        if (to > from) at[to - from]![from]! += value;
        else if (to < from) at[from - to]![to]! += value;
        else diagonal[to]! += k === l ? value : 2 * value;
      }
    }
  };
  const indexOf = new Int32Array((fine.height + 2) * (fine.width + 2));
  for (let k = 0; k < fine.places.length; k++) indexOf[fine.places[k]!] = k;
  for (let k = 0; k < fine.places.length; k++) {
    const place = fine.places[k]!;
    const below = place + fine.width + 2;
    add(fine.diagonal[place]!, k, k);
    if (fine.east[place] !== 0) add(fine.east[place]!, k, indexOf[place + 1]!);
    if (fine.south[place] !== 0) add(fine.south[place]!, k, indexOf[below]!);
    if (fine.southEast[place] !== 0) add(fine.southEast[place]!, k, indexOf[below + 1]!);
    if (fine.southWest[place] !== 0) add(fine.southWest[place]!, k, indexOf[below - 1]!);
  }
  return { ...grid, diagonal, east, south, southEast, southWest };
}
