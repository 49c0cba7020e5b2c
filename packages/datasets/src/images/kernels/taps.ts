// A resampling filter along one axis: for each output position the source pixels it is made of, and their
// weights. Made once for a pair of sizes, then applied in plain loops.

export interface Taps {
  /** Number of output positions. */
  readonly size: number;
  /** First source position of each output. */
  readonly first: Int32Array;
  /** How many source positions each output reads, from the first on. */
  readonly count: Int32Array;
  /** Weights of output i from `i * stride` on. */
  readonly stride: number;
  readonly weights: Float64Array;
}

/** The source positions of one output: consecutive, from `first` on. */
export interface Row {
  readonly first: number;
  readonly weights: readonly number[];
}

/** @param row what output `i` is made of */
export function makeTaps(size: number, row: (i: number) => Row): Taps {
  const rows = Array.from({ length: size }, (_, i) => row(i));
  const stride = rows.reduce((most, { weights }) => Math.max(most, weights.length), 1);
  const taps = {
    size,
    first: new Int32Array(size),
    count: new Int32Array(size),
    stride,
    weights: new Float64Array(size * stride),
  };
  rows.forEach(({ first, weights }, i) => {
    taps.first[i] = first;
    taps.count[i] = weights.length;
    taps.weights.set(weights, i * stride);
  });
  return taps;
}

/** Weights at positions that may repeat or lie beside each other in any order, as one row. */
export function gather(places: readonly number[], weights: readonly number[]): Row {
  const first = places.reduce((a, b) => Math.min(a, b));
  const last = places.reduce((a, b) => Math.max(a, b));
  const sums = Array.from({ length: last - first + 1 }, () => 0);
  places.forEach((place, k) => (sums[place - first]! += weights[k]!));
  return { first, weights: sums };
}

/** Divided by their sum. */
export function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return sum === 0 ? [...weights] : weights.map((weight) => weight / sum);
}

type Pixels = ArrayLike<number>;

/** Float image [height, width, channels] → [rows.size, columns.size, channels], float32: across, then down. */
export function applyTaps(
  source: Pixels,
  { height, width, channels }: { height: number; width: number; channels: number },
  columns: Taps,
  rows: Taps,
): Float32Array {
  const across = new Float32Array(height * columns.size * channels);
  for (let y = 0; y < height; y++) {
    const line = y * width * channels;
    for (let x = 0; x < columns.size; x++) {
      const count = columns.count[x]!;
      const w = x * columns.stride;
      const from = line + columns.first[x]! * channels;
      const to = (y * columns.size + x) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < count; k++)
          sum += columns.weights[w + k]! * source[from + k * channels + c]!;
        across[to + c] = sum;
      }
    }
  }
  const length = columns.size * channels;
  const out = new Float32Array(rows.size * length);
  for (let y = 0; y < rows.size; y++) {
    const count = rows.count[y]!;
    const w = y * rows.stride;
    const from = rows.first[y]! * length;
    const to = y * length;
    for (let x = 0; x < length; x++) {
      let sum = 0;
      for (let k = 0; k < count; k++) sum += rows.weights[w + k]! * across[from + k * length + x]!;
      out[to + x] = sum;
    }
  }
  return out;
}

/** The pixels at these rows and columns. */
export function pick<A extends Uint8Array | Float32Array>(
  source: A,
  { width, channels }: { width: number; channels: number },
  columns: Int32Array,
  rows: Int32Array,
): A {
  const out = new (source.constructor as { new (length: number): A })(
    rows.length * columns.length * channels,
  );
  let to = 0;
  for (let y = 0; y < rows.length; y++)
    for (let x = 0; x < columns.length; x++) {
      const from = (rows[y]! * width + columns[x]!) * channels;
      for (let c = 0; c < channels; c++) out[to++] = source[from + c]!;
    }
  return out;
}
