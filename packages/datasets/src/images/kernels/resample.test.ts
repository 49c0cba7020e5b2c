// The WebAssembly passes and those in JavaScript, by which they are checked, give the same bytes.
import { random } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { byWasm, inJavaScript, resample, type FixedTaps } from "./resample";

const numbers = random(5, "resample");
const between = (least: number, most: number) => least + numbers.integer(most - least + 1);

/** Any weights at all: their sums leave 0 … 255, and 32 bits, too. */
function taps(n: number, size: number): FixedTaps {
  const stride = Math.min(n, 7);
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    first[i] = between(0, n - 1);
    count[i] = between(0, Math.min(stride, n - first[i]!));
  }
  const weights = Int32Array.from({ length: size * stride }, () => between(-(2 ** 23), 2 ** 23));
  const used = [...first.keys()].filter((i) => count[i]! > 0);
  const begin = Math.min(n - 1, ...used.map((i) => first[i]!));
  const end = Math.max(begin + 1, ...used.map((i) => first[i]! + count[i]!));
  // Outputs made of nothing begin somewhere that is read.
  for (let i = 0; i < size; i++) if (count[i] === 0) first[i] = begin;
  return { size, first, count, stride, weights, begin, end };
}

describe("resample", () => {
  it("gives the same bytes either way, for any sizes, channels and weights", () => {
    for (let i = 0; i < 300; i++) {
      const [height, width, channels] = [between(1, 30), between(1, 30), between(1, 5)] as const;
      const source = Uint8Array.from({ length: height * width * channels }, () => between(0, 255));
      const columns = i % 3 === 0 ? undefined : taps(width, between(1, 40));
      const rows = i % 3 === 1 ? undefined : taps(height, between(1, 40));
      const extents = { height, width, channels };
      const [begin, end] = rows ? [rows.begin, rows.end] : [0, height];
      const read = source.subarray(begin * width * channels, end * width * channels);
      const wanted = inJavaScript(read, { ...extents, height: end - begin }, columns, rows);
      expect(Buffer.compare(resample(source, extents, columns, rows), wanted), `${i}`).toBe(0);
      // More channels than a vector has are left to JavaScript, and lines shorter than one.
      const fast = byWasm(read, { ...extents, height: end - begin }, columns, rows);
      const short = (columns?.size ?? width) * channels < 4;
      expect(fast && Buffer.compare(fast, wanted)).toBe(channels > 4 || short ? undefined : 0);
    }
  });
});
