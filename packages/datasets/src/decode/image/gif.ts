// GIF as Pillow reads it: what is transparent keeps the colour that its palette has there, which other decoders make
// black, and so has what of the canvas the first picture leaves free.
import { crop } from "../../images/crop";
import type { Image } from "../../images/image";

interface FirstPicture {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of what the picture leaves free. */
  readonly free: readonly number[];
  /** Where its transparency is said. */
  readonly transparencyAt: number | undefined;
}

/** Undefined for a file that is none, or ends before its pixels. */
function firstPicture(bytes: Uint8Array): FirstPicture | undefined {
  // Signature of 6 bytes, size, flags; then the palette of all pictures, if there is one.
  let palette = 13;
  let flags = bytes[10] ?? 0;
  let at = palette + sizeOfPalette(flags);
  let transparencyAt: number | undefined;
  let index = 0;
  // Extensions: 0x21, a label, blocks of up to 255 bytes after their length, and one of length 0.
  while (bytes[at] === 0x21) {
    if (bytes[at + 1] === 0xf9 && (bytes[at + 3] ?? 0) & 1) {
      transparencyAt = at + 3;
      index = bytes[at + 6] ?? 0;
    }
    at += 2;
    while (bytes[at]) at += bytes[at]! + 1;
    at++;
  }
  // Then 0x2c, its place and size, flags and a palette of its own, if it has one.
  if (bytes[at] !== 0x2c || at + 10 > bytes.length) return undefined;
  const word = (offset: number) => bytes[at + offset]! | (bytes[at + offset + 1]! << 8);
  const [left, top, width, height] = [word(1), word(3), word(5), word(7)] as const;
  if (bytes[at + 9]! & 0x80) [palette, flags] = [at + 10, bytes[at + 9]!];
  // Without a palette numbers are greys.
  const of = palette + 3 * index;
  const free = !(flags & 0x80)
    ? [index, index, index]
    : 3 * index < sizeOfPalette(flags)
      ? [...bytes.subarray(of, of + 3)]
      : [0, 0, 0];
  return { left, top, width, height, free, transparencyAt };
}

const sizeOfPalette = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** The first picture, by a decoder of GIF that makes black what is transparent. */
export async function decodeGif(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Promise<Image<"uint8">>,
): Promise<Image<"uint8">> {
  const picture = firstPicture(bytes);
  if (picture === undefined) return decode(bytes);
  const { left, top, width, height, free, transparencyAt } = picture;
  let opaque = bytes;
  if (transparencyAt !== undefined) {
    opaque = bytes.slice();
    opaque[transparencyAt]! ^= 1;
  }
  const image = await decode(opaque);
  const [rows, columns] = image.shape as [number, number];
  for (let y = 0, to = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, to += 3)
      if (y < top || y >= top + height || x < left || x >= left + width) image.data.set(free, to);
  return image;
}

/** The part of a canvas that TensorFlow gives: as large as the first picture, from the canvas' corner on, wherever the picture lies. */
export function tensorFlowGif(canvas: Image<"uint8">, bytes: Uint8Array): Image<"uint8"> {
  const [rows, columns] = canvas.shape as [number, number];
  const { width = columns, height = rows } = firstPicture(bytes) ?? {};
  if ((width >= columns && height >= rows) || width * height === 0) return canvas;
  return crop(canvas, {
    left: 0,
    top: 0,
    width: Math.min(width, columns),
    height: Math.min(height, rows),
  });
}
