// What hyparquet and its compressors take at their word in packed pages: lengths of 32 bits, which they read as
// negative numbers. They then go back in the page: two billion steps in Snappy, for ever in Hadoop's frames of LZ4.
// https://github.com/google/snappy/blob/main/format_description.txt
import type { Compressors } from "hyparquet";

/** hyparquet's decompressors, with a look at the bytes before. */
export function soundCompressors(
  snappyUncompress: (input: Uint8Array, output: Uint8Array) => void,
  decompressors: Compressors = {},
): Compressors {
  const [framed, raw] = [orNothing(decompressors.LZ4), orNothing(decompressors.LZ4_RAW)];
  return {
    SNAPPY(input, size) {
      checkSnappy(input, size);
      const output = new Uint8Array(size);
      snappyUncompress(input, output);
      return output;
    },
    ...decompressors,
    ...(raw && { LZ4_RAW: raw }),
    ...(framed && raw && { LZ4: (input, size) => (isFramed(input, size) ? framed : raw)(input, size) }), // prettier-ignore
  };
}

type Unpack = Compressors[keyof Compressors];

/** Nothing, as the dictionary of a column of nulls is, packs LZ4 as a byte 0, for which theirs expects an offset. */
const orNothing = (unpack: Unpack): Unpack =>
  unpack && ((input, size) => (size === 0 ? new Uint8Array(0) : unpack(input, size)));

/** @throws Error unless literals lie within the input, copies within what was written, and `size` bytes come of it */
function checkSnappy(input: Uint8Array, size: number): void {
  let at = 0;
  const number = (bytes: number) => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += (input[at++] ?? 0) * 256 ** i;
    return value;
  };
  while (input[at++]! >= 128); // the size once more
  let written = 0;
  while (at < input.length) {
    const tag = input[at++]!;
    const [kind, upper] = [tag & 3, tag >>> 2];
    let length = upper + 1;
    if (kind === 0) {
      if (upper >= 60) length = number(upper - 59) + 1;
      at += length;
    } else {
      // A copy of few bytes has three bits of its offset in the tag.
      const offset = kind === 1 ? 256 * (upper >>> 3) + number(1) : number(kind === 2 ? 2 : 4);
      if (kind === 1) length = (upper & 7) + 4;
      if (offset === 0 || offset > written) throw new Error(`it copies from ${offset} bytes before, of ${written}`); // prettier-ignore
    }
    written += length;
    if (at > input.length || written > size) throw new Error("what is packed ends amid a value");
  }
  if (written !== size) throw new Error(`${written} bytes are packed, expected ${size}`);
}

/** Whether blocks of LZ4 have their sizes before them, as Hadoop writes them: [unpacked, packed], each 32 bits. */
function isFramed(input: Uint8Array, size: number): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  while (at + 8 <= input.length) {
    const [unpacked, packed] = [view.getUint32(at), view.getUint32(at + 4)];
    at += 8 + packed;
    if (unpacked > size || at > input.length) return false;
  }
  return at === input.length;
}
