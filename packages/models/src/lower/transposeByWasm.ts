// Kernels with their axes turned, in WebAssembly with SIMD (transpose.wat): in half the time of JavaScript, to the same
// bits.
import { transposeWasm } from "./transpose.wasm";

/** A kernel [taps][columns][rows] that becomes [rows][columns][taps]. */
interface Extents {
  readonly rows: number;
  readonly columns: number;
  readonly taps: number;
}

interface Wasm {
  readonly memory: WebAssembly.Memory;
  transpose(rows: number, columns: number, taps: number, scale: number, source: number, target: number): void; // prettier-ignore
}

interface Workspace {
  readonly transpose: Wasm["transpose"];
  readonly scale: Float64Array;
  readonly source: Float32Array;
  readonly target: Float32Array;
}

let workspace: Workspace | null | undefined;

/** Rows of a block at most, so that they are read from the kernel in runs of 2 KB. */
const maxRows = 512;

/** Numbers of a block at most: it stays in the cache of a core. */
const blockSize = 2 ** 17;

/** Numbers of a kernel for which WebAssembly is worth compiling. */
const least = 2 ** 12;

/** null where there is no SIMD, or a page's policy forbids WebAssembly. */
function makeWorkspace(): Workspace | null {
  try {
    const bytes = Uint8Array.from(atob(transposeWasm), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    // What transpose.wat exports.
    const { memory, transpose } = exports as WebAssembly.Exports & Wasm;
    const { buffer } = memory;
    const scale = new Float64Array(buffer, 0, maxRows + 4);
    // To spare behind the numbers, where a vector reads further than they reach.
    const source = new Float32Array(buffer, scale.byteLength, blockSize + 4);
    const start = source.byteOffset + source.byteLength;
    // Five rows are written as eight.
    const target = new Float32Array(buffer, start, 2 * blockSize);
    return { transpose, scale, source, target };
  } catch {
    return null;
  }
}

/** Fills `target`; false where it cannot: then it is to be done in JavaScript. */
export function transposeByWasm(
  kernel: Float32Array,
  result: Float32Array,
  { rows, columns, taps }: Extents,
  scales: Float64Array | undefined,
): boolean {
  const height = Math.min(rows, maxRows);
  const part = Math.min(columns, Math.floor(blockSize / height / taps));
  if (kernel.length < least || rows < 4 || part === 0) return false;
  workspace ??= makeWorkspace();
  if (workspace === null) return false;
  const { transpose, scale, source, target } = workspace;
  for (let row = 0; row < rows; row += height) {
    const count = Math.min(height, rows - row);
    if (scales) scale.set(scales.subarray(row, row + count));
    else scale.fill(1);
    for (let start = 0; start < columns; start += part) {
      const width = Math.min(part, columns - start);
      for (let tap = 0; tap < taps; tap++) {
        const from = (tap * columns + start) * rows;
        const to = tap * width * count;
        if (count === rows) source.set(kernel.subarray(from, from + width * rows), to);
        else
          for (let i = 0, at = from + row; i < width; i++, at += rows)
            source.set(kernel.subarray(at, at + count), to + i * count);
      }
      transpose(count, width, taps, scale.byteOffset, source.byteOffset, target.byteOffset);
      const length = width * taps;
      if (width === columns) result.set(target.subarray(0, count * length), row * length);
      else
        for (let r = 0; r < count; r++)
          result.set(target.subarray(r * length, (r + 1) * length), ((row + r) * columns + start) * taps); // prettier-ignore
    }
  }
  return true;
}
