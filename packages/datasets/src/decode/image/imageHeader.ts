// What a file's first bytes say of its pixels, where decoders must be told: libvips converts CMYK by colour
// profiles and halves 16-bit grey, which Pillow does not; other decoders read JPEG alone.
import { looksLikePnm } from "./pnm";

export type ImageHeader =
  | { readonly format: "jpeg"; readonly width: number; readonly height: number; readonly components: number } // prettier-ignore
  /** `grey16`: one channel of 16 bits. */
  | { readonly format: "png"; readonly grey16: boolean }
  | ({ readonly format: "tiff" } & TiffColours)
  | { readonly format: "bmp" }
  | { readonly format: "gif" }
  | { readonly format: "pnm" }
  | { readonly format: "other" };

/** Of a TIFF file's first picture, as far as decoders differ. */
interface TiffColours {
  /** `grey16`: one channel of 16 bits. */
  readonly colours: "grey16" | "cmyk" | "other";
  /** What libvips reads otherwise than Pillow, or Pillow not at all. */
  readonly unlike?: string | undefined;
}

export function imageHeader(bytes: Uint8Array): ImageHeader {
  // PNG: signature of 8 bytes, then IHDR with bit depth and colour type at 24 and 25.
  if (bytes[0] === 0x89 && bytes[1] === 0x50)
    return { format: "png", grey16: bytes[24] === 16 && bytes[25] === 0 };
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) return { format: "bmp" };
  if (bytes[0] === 0x47 && bytes[1] === 0x49 && bytes[2] === 0x46) return { format: "gif" };
  if (looksLikePnm(bytes)) return { format: "pnm" };
  const order = String.fromCharCode(...bytes.subarray(0, 4));
  // BigTIFF, whose places have 64 bits, has + for *.
  if (/^(II[*+]\0|MM\0[*+])$/.test(order)) return { format: "tiff", ...tiffColours(bytes, order) };
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return { format: "other" };
  // JPEG: segments of marker and length, up to the frame header SOF0 … SOF15.
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    const word = (offset: number) => (bytes[at + offset]! << 8) | bytes[at + offset + 1]!;
    if (marker === 0xff) at++; // fill byte
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { format: "jpeg", height: word(5), width: word(7), components: bytes[at + 9]! };
    else at += 2 + Math.max(2, word(2));
  }
  return { format: "other" };
}

function tiffColours(bytes: Uint8Array, order: string): TiffColours {
  const tags = tiffTags(bytes, order.startsWith("II"), order.includes("+"));
  const of = (tag: number) => tags.get(tag) ?? 1;
  const [bits, compression, photometric, samples, format] = [of(258), of(259), of(262), of(277), of(339)]; // prettier-ignore
  const isGrey16 = bits === 16 && samples === 1;
  const kinds = {
    // Compressed as JPEG (7) they are decoded to colours by libtiff, for all.
    "YCbCr colours": photometric === 6 && compression !== 7,
    "L*a*b* colours": photometric >= 8 && photometric <= 10,
    "CMYK colours of 16 bits": photometric === 5 && bits === 16,
    "16-bit grey, 0 being white,": isGrey16 && photometric === 0,
    "signed bytes": bits === 8 && format === 2,
    "colours that are not whole numbers of 8 or 16 bits": samples > 2 && (bits > 16 || format > 1),
  };
  const unlike = Object.entries(kinds).find(([, isSo]) => isSo)?.[0];
  if (photometric === 5) return { colours: "cmyk", unlike };
  return { colours: isGrey16 && photometric === 1 ? "grey16" : "other", unlike };
}

/** TIFF 6.0: the first directory is a count, then entries of tag, type, count and value; the first value of each. */
function tiffTags(bytes: Uint8Array, little: boolean, big: boolean): Map<number, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const place = (at: number) => big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little); // prettier-ignore
  const [width, entry] = big ? [8, 20] : [4, 12];
  const tags = new Map<number, number>();
  const from = bytes.length >= 2 * width ? place(width) : bytes.length;
  const begin = from + (big ? 8 : 2);
  const count = begin > bytes.length ? 0 : big ? place(from) : view.getUint16(from, little);
  for (let at = begin, i = 0; i < count && at + entry <= bytes.length; i++, at += entry) {
    // Of type 3, two bytes; several values lie elsewhere, and the first of bits per sample is that of all.
    const value = at + 4 + width;
    const first = place(at + 4) > width / 2 ? place(value) : value;
    if (view.getUint16(at + 2, little) === 3 && first + 2 <= bytes.length)
      tags.set(view.getUint16(at, little), view.getUint16(first, little));
  }
  return tags;
}
