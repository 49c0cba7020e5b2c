// What Pillow does with PNG files that are not quite right, and libpng does otherwise: the checksums of chunks before
// the pixels count, those of the pixels (IDAT) and of what follows do not.
import { crc32 } from "@cajal/files";

interface Chunk {
  readonly type: number;
  /** Where its length, type, content and checksum begin. */
  readonly at: number;
  /** Where its checksum begins. */
  readonly end: number;
}

/** Signature; then chunks of length, type, data and checksum of type and data. */
function* chunksOf(view: DataView): Generator<Chunk> {
  for (let at = 8; at + 12 <= view.byteLength;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > view.byteLength) return;
    yield { type: view.getUint32(at + 4), at, end };
    at = end + 4;
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength); // prettier-ignore
const checksum = (bytes: Uint8Array, { at, end }: Chunk) => crc32(bytes.subarray(at + 4, end));

/** Why it is refused before anything is decoded: headers that are damaged, or say more than the file can hold. */
export function problemOfPng(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  if (view.byteLength < 33) return "it ends within its header";
  const bits = view.getUint8(24) * (channels[view.getUint8(25)] ?? 4);
  const size = view.getUint32(20) * Math.ceil((view.getUint32(16) * bits) / 8);
  // Deflate makes at most 1,032 bytes of one.
  if (size > 1032 * bytes.length)
    return `it says that it has ${view.getUint32(16)} × ${view.getUint32(20)} pixels, which ${bytes.length} bytes cannot hold`;
  for (const chunk of chunksOf(view)) {
    if (chunk.type === idat) return undefined;
    if (view.getUint32(chunk.end) !== checksum(bytes, chunk)) return "a checksum of its headers is wrong"; // prettier-ignore
  }
  return undefined;
}

/** A copy with right checksums from IDAT on, or undefined where they are right already. */
export function withRightChecksums(bytes: Uint8Array): Uint8Array | undefined {
  const copy = bytes.slice();
  const view = viewOf(copy);
  let changed = false;
  let pixels = false;
  for (const chunk of chunksOf(view)) {
    pixels ||= chunk.type === idat;
    if (!pixels) continue;
    const right = checksum(copy, chunk);
    if (view.getUint32(chunk.end) === right) continue;
    view.setUint32(chunk.end, right);
    changed = true;
  }
  return changed ? copy : undefined;
}

/** A copy in which the orientation, where it follows the pixels, stands before them: decoders look no further. */
export function withExifFirst(bytes: Uint8Array): Uint8Array {
  const chunks = [...chunksOf(viewOf(bytes))];
  const pixels = chunks.find(({ type }) => type === idat);
  const late = chunks.find(({ type }) => type === exif);
  if (pixels === undefined || late === undefined || late.at < pixels.at) return bytes;
  const copy = bytes.slice();
  copy.set(bytes.subarray(late.at, late.end + 4), pixels.at);
  copy.set(bytes.subarray(pixels.at, late.at), pixels.at + late.end + 4 - late.at);
  return copy;
}

/** By colour type. */
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const idat = 0x49_44_41_54;
const exif = 0x65_58_49_66;
