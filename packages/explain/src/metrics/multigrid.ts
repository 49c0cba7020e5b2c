// Solves symmetric positive definite systems on a grid, each unknown of which is coupled to its eight neighbours:
// conjugate gradients, preconditioned by one multigrid V-cycle (Tatebe 1993). Every second row and column makes the
// next coarser grid, values between its points are interpolated bilinearly, and the coarse system is the Galerkin
// product Pᵀ A P; one Gauss-Seidel sweep goes down the cycle and one in reversed order up, which keeps it symmetric.
// The number of rounds does not grow with the size of the holes, as that of plain conjugate gradients does.

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

/** Values for every place of a system's grid, 0 where nothing is. */
export const onGrid = ({ height, width }: Grid) => new Float64Array((height + 2) * (width + 2));

/** Ten are usual; rounding may keep the residual above a tolerance that is too strict. */
const mostRounds = 100;

/**
 * Makes a solver of a system, for many right-hand sides.
 *
 * @param tolerance of the residual's norm, relative to that of the right-hand side
 * @returns from a right-hand side on the grid to the solution on the grid, which the next call overwrites
 */
export function gridSolver(
  system: GridSystem,
  tolerance: number,
): (b: Float64Array) => Float64Array {
  const finest = levelOf(system);
  const { places } = system;
  const [x, r, p, ap] = [onGrid(system), onGrid(system), onGrid(system), onGrid(system)];
  return (b) => {
    x.fill(0);
    p.fill(0);
    r.set(b);
    const goal = tolerance ** 2 * dot(places, b, b);
    let rz = 0;
    for (let round = 0; round < mostRounds && dot(places, r, r) > goal; round++) {
      const z = cycled(finest, r);
      const next = dot(places, r, z);
      const beta = round === 0 ? 0 : next / rz;
      for (let k = 0; k < places.length; k++) {
        const i = places[k]!;
        p[i] = z[i]! + beta * p[i]!;
      }
      rz = next;
      multiply(finest, p, ap);
      const step = rz / dot(places, p, ap);
      for (let k = 0; k < places.length; k++) {
        const i = places[k]!;
        x[i]! += step * p[i]!;
        r[i]! -= step * ap[i]!;
      }
    }
    return x;
  };
}

function dot(places: Int32Array, a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < places.length; k++) sum += a[places[k]!]! * b[places[k]!]!;
  return sum;
}

/** One V-cycle from 0: about the solution for `b`. */
function cycled(level: Level, b: Float64Array): Float64Array {
  const { x, residual, places, inverse, coarser } = level;
  const [before, after] = [beforeOn(level), afterOn(level)];
  // One sweep from 0, (D + L) x = b: what is after a place is still 0, and of the residual it is all that is left.
  for (let k = 0; k < places.length; k++) {
    const i = places[k]!;
    x[i] = (b[i]! - before(x, i)) * inverse[i]!;
  }
  if (coarser) {
    for (let k = 0; k < places.length; k++) residual[places[k]!] = -after(x, places[k]!);
    const { level: coarse, interpolation } = coarser;
    restrict(interpolation, places, residual, coarse.b);
    interpolate(interpolation, places, cycled(coarse, coarse.b), x);
  }
  for (let k = places.length - 1; k >= 0; k--) {
    const i = places[k]!;
    x[i] = (b[i]! - before(x, i) - after(x, i)) * inverse[i]!;
  }
  return x;
}

function multiply(level: Level, x: Float64Array, to: Float64Array): void {
  const { places, diagonal } = level;
  const [before, after] = [beforeOn(level), afterOn(level)];
  for (let k = 0; k < places.length; k++) {
    const i = places[k]!;
    to[i] = diagonal[i]! * x[i]! + before(x, i) + after(x, i);
  }
}

/** A row of the matrix times x, of the places before its own. */
function beforeOn({ width, east, south, southEast, southWest }: GridSystem) {
  const stride = width + 2;
  return (x: Float64Array, i: number): number =>
    south[i - stride]! * x[i - stride]! +
    southEast[i - stride - 1]! * x[i - stride - 1]! +
    southWest[i - stride + 1]! * x[i - stride + 1]! +
    east[i - 1]! * x[i - 1]!;
}

/** The same of those after it. */
function afterOn({ width, east, south, southEast, southWest }: GridSystem) {
  const stride = width + 2;
  return (x: Float64Array, i: number): number =>
    south[i]! * x[i + stride]! +
    southEast[i]! * x[i + stride + 1]! +
    southWest[i]! * x[i + stride - 1]! +
    east[i]! * x[i + 1]!;
}

/** to = Pᵀ fine */
function restrict(
  { starts, places, weights }: Interpolation,
  finePlaces: Int32Array,
  fine: Float64Array,
  to: Float64Array,
): void {
  to.fill(0);
  for (let k = 0; k < finePlaces.length; k++)
    for (let at = starts[k]!; at < starts[k + 1]!; at++)
      to[places[at]!]! += weights[at]! * fine[finePlaces[k]!]!;
}

/** to += P coarse */
function interpolate(
  { starts, places, weights }: Interpolation,
  finePlaces: Int32Array,
  coarse: Float64Array,
  to: Float64Array,
): void {
  for (let k = 0; k < finePlaces.length; k++)
    for (let at = starts[k]!; at < starts[k + 1]!; at++)
      to[finePlaces[k]!]! += weights[at]! * coarse[places[at]!]!;
}

const levelOf = (system: GridSystem): Level => ({
  ...system,
  inverse: system.diagonal.map((a) => 1 / a),
  x: onGrid(system),
  b: onGrid(system),
  residual: onGrid(system),
  coarser: coarserOf(system),
});

/** The next coarser level; undefined where no unknown lies on it, or there is but one place. */
function coarserOf(fine: GridSystem): Level["coarser"] {
  if (fine.height === 1 && fine.width === 1) return undefined;
  const grid = { height: Math.ceil(fine.height / 2), width: Math.ceil(fine.width / 2) };
  const unknown = onGrid(grid);
  const placeOf = (y: number, x: number) => (y + 1) * (grid.width + 2) + x + 1;
  const stride = fine.width + 2;
  for (const place of fine.places) {
    const [y, x] = [Math.floor(place / stride) - 1, (place % stride) - 1];
    if (y % 2 === 0 && x % 2 === 0) unknown[placeOf(y / 2, x / 2)] = 1;
  }
  const places = Int32Array.from(unknown.keys()).filter((place) => unknown[place] === 1);
  if (places.length === 0) return undefined;
  const interpolation = bilinear(fine, grid, unknown);
  return { level: levelOf(coarseSystem(fine, { ...grid, places }, interpolation)), interpolation };
}

/** @param unknown of the coarse grid, 1 where there is one; what is known has an error of 0 and takes no part */
function bilinear(fine: GridSystem, grid: Grid, unknown: Float64Array): Interpolation {
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
  /** The coefficient `a` of fine unknowns k and l, for each pair of coarse ones. */
  const add = (a: number, k: number, l: number) => {
    for (let i = starts[k]!; i < starts[k + 1]!; i++)
      for (let j = starts[l]!; j < starts[l + 1]!; j++) {
        const distance = Math.abs(places[j]! - places[i]!);
        const at = Math.min(places[i]!, places[j]!);
        const value = weights[i]! * a * weights[j]!;
        if (distance === 0) diagonal[at]! += k === l ? value : 2 * value;
        else if (k === l && places[i]! > places[j]!) continue;
        else if (distance === 1) east[at]! += value;
        else if (distance === stride) south[at]! += value;
        else if (distance === stride + 1) southEast[at]! += value;
        else southWest[at]! += value;
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
