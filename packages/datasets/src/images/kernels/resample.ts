// The two passes of Pillow's resampling: in WebAssembly with SIMD where there is any (resample.wat), in JavaScript
// where not. Both give the same bytes.
import { resampleWasm } from "./resample.wasm";

/** Taps in fixed point: output i is made of `count[i]` source positions from `first[i]` on. */
export interface FixedTaps {
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Weights of output i from `i * stride` on, times 2²². */
  readonly stride: number;
  readonly weights: Int32Array;
  /** The source positions that are read at all. */
  readonly begin: number;
  readonly end: number;
}

interface Extents {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Across first, then down, uint8 between; a pass without taps is left out.
 *
 * @param source `[height, width, channels]`
 */
export function resample(
  source: Uint8Array,
  { height, width, channels }: Extents,
  columns: FixedTaps | undefined,
  rows: FixedTaps | undefined,
): Uint8Array {
  // Of the rows only those that the second pass reads.
  const [begin, end] = rows ? [rows.begin, rows.end] : [0, height];
  const extents = { height: end - begin, width, channels };
  const read = source.subarray(begin * width * channels, end * width * channels);
  return byWasm(read, extents, columns, rows) ?? inJavaScript(read, extents, columns, rows);
}

interface Wasm {
  readonly memory: WebAssembly.Memory;
  across(source: number, rows: number, line: number, apart: number, channels: number, size: number, first: number, pairs: number, weights: number, out: number, outApart: number): void; // prettier-ignore
  down(source: number, line: number, size: number, first: number, pairs: number, weights: number, stride: number, out: number): void; // prettier-ignore
}

let wasm: Wasm | null | undefined;

/** null where there is no SIMD, or a page's policy forbids WebAssembly. */
function loadWasm(): Wasm | null {
  try {
    const bytes = Uint8Array.from(atob(resampleWasm), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    // What resample.wat exports.
    return exports as WebAssembly.Exports & Wasm;
  } catch {
    return null;
  }
}

/** The module keeps its memory, so larger images than fit in this are not put there. */
const most = 2 ** 26;

/** What resample.wat keeps for itself at the beginning of its memory. */
const reserved = 64;

/** Undefined where it cannot: then it is done in JavaScript. */
export function byWasm(
  source: Uint8Array,
  { height, width, channels }: Extents,
  columns: FixedTaps | undefined,
  rows: FixedTaps | undefined,
): Uint8Array | undefined {
  const line = width * channels;
  const newLine = columns ? columns.size * channels : line;
  if (channels > 4 || newLine < 4) return undefined;
  wasm ??= loadWasm();
  if (wasm === null) return undefined;
  const middle = columns ? height * newLine : 0;
  const length = (rows ? rows.size : height) * newLine;
  const [across, down] = [columns, rows].map((taps) => taps && inPairs(taps));
  // To spare after each, because passes read and write beyond it.
  const spare = 16 + (across ? 2 * across.most * channels : 0);
  const total = reserved + sizeOfPairs(across) + sizeOfPairs(down) + source.length + middle + length + 4 * spare; // prettier-ignore
  if (total > most) return undefined;
  const missing = total - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / 65_536));
  const { buffer } = wasm.memory;
  let top = reserved;
  const room = (size: number) => (top += size + spare) - size - spare;
  const put = (values: Int32Array) => {
    const at = top;
    new Int32Array(buffer, at, values.length).set(values);
    top += values.byteLength;
    return at;
  };
  const columnsAt = across && { first: put(columns!.first), weights: put(across.weights) };
  const rowsAt = down && { first: put(rows!.first), pairs: put(down.pairs), weights: put(down.weights) }; // prettier-ignore
  let at = room(source.length);
  new Uint8Array(buffer).set(source, at);
  if (columnsAt) {
    const to = room(middle);
    const pass = (begin: number, rows: number, apart: number) =>
      wasm!.across(at + begin * line, rows, line, apart * line, channels, columns!.size, columnsAt.first, across!.most, columnsAt.weights, to + begin * newLine, apart * newLine); // prettier-ignore
    const half = height < 4 ? 0 : height >> 1;
    if (half > 0) pass(0, half, half);
    for (let y = 2 * half; y < height; y++) pass(y, 1, 0);
    at = to;
  }
  if (rowsAt) {
    const to = room(length);
    // Of the rows those from `begin` on were copied.
    wasm.down(at - rows!.begin * newLine, newLine, rows!.size, rowsAt.first, rowsAt.pairs, rowsAt.weights, down!.most, to); // prettier-ignore
    at = to;
  }
  return new Uint8Array(buffer, at, length).slice();
}

/** Taps as resample.wat reads them. */
interface Pairs {
  /** Pairs of taps of each output, and the greatest number of them. */
  readonly pairs: Int32Array;
  readonly most: number;
  /** Of output i from `2 * i * most` on: for each pair the two weights' lower 15 bits, then what is above them. */
  readonly weights: Int32Array;
}

const sizeOfPairs = (taps: Pairs | undefined) =>
  taps ? 4 * (2 * taps.pairs.length + taps.weights.length) : 0;

const pairsOf = new WeakMap<FixedTaps, Pairs>();

function inPairs(taps: FixedTaps): Pairs {
  const cached = pairsOf.get(taps);
  if (cached) return cached;
  const { size, count, stride, weights } = taps;
  const pairs = count.map((taps) => (taps + 1) >> 1);
  const most = pairs.reduce((a, b) => Math.max(a, b), 1);
  const computed = { pairs, most, weights: new Int32Array(2 * size * most) };
  const halves = new Int16Array(computed.weights.buffer);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < count[i]!; k++) {
      const weight = weights[i * stride + k]!;
      const at = 4 * (i * most + (k >> 1)) + (k & 1);
      halves[at] = weight & 0x7fff;
      halves[at + 2] = weight >> 15;
    }
  pairsOf.set(taps, computed);
  return computed;
}

/** @param source the rows from `rows.begin` on */
export function inJavaScript(
  source: Uint8Array,
  extents: Extents,
  columns: FixedTaps | undefined,
  rows: FixedTaps | undefined,
): Uint8Array {
  const middle = columns ? passAcross(source, extents, columns) : source;
  const { width, channels } = extents;
  return rows ? passDown(middle, (columns?.size ?? width) * channels, rows) : middle;
}

const half = 1 << 21;

function passAcross(
  source: Uint8Array,
  { height, width, channels }: Extents,
  { size, first, count, stride, weights }: FixedTaps,
): Uint8Array {
  // A clamped array would round; the sums are shifted already, and it clips them.
  const out = new Uint8ClampedArray(height * size * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const line = y * width * channels;
    for (let x = 0; x < size; x++) {
      const from = x * stride;
      const until = from + count[x]!;
      const at = line + first[x]! * channels;
      for (let c = 0; c < channels; c++) {
        let sum = half;
        for (let k = from, i = at + c; k < until; k++, i += channels)
          sum = (sum + Math.imul(weights[k]!, source[i]!)) | 0;
        out[to++] = sum >> 22;
      }
    }
  }
  return new Uint8Array(out.buffer);
}

function passDown(
  source: Uint8Array,
  length: number,
  { size, first, count, stride, weights, begin }: FixedTaps,
): Uint8Array {
  const out = new Uint8ClampedArray(size * length);
  let to = 0;
  for (let y = 0; y < size; y++) {
    const from = y * stride;
    const until = from + count[y]!;
    const top = (first[y]! - begin) * length;
    for (let x = 0; x < length; x++) {
      let sum = half;
      for (let k = from, i = top + x; k < until; k++, i += length)
        sum = (sum + Math.imul(weights[k]!, source[i]!)) | 0;
      out[to++] = sum >> 22;
    }
  }
  return new Uint8Array(out.buffer);
}
