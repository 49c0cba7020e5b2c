// What a file's first bytes say of its pixels, where decoders must be told: libvips converts CMYK by colour
// profiles and halves 16-bit grey, which Pillow does not; other decoders read JPEG alone.

export type ImageHeader =
  | { readonly format: "jpeg"; readonly width: number; readonly height: number; readonly components: number } // prettier-ignore
  /** `grey16`: one channel of 16 bits. */
  | { readonly format: "png"; readonly grey16: boolean }
  | { readonly format: "tiff"; readonly colours: TiffColours }
  | { readonly format: "bmp" }
  | { readonly format: "gif" }
  | { readonly format: "other" };

/** Of a TIFF file's first picture, as far as decoders differ. */
export type TiffColours = "grey16" | "cmyk" | "ycbcr" | "other";

export function imageHeader(bytes: Uint8Array): ImageHeader {
  // PNG: signature of 8 bytes, then IHDR with bit depth and colour type at 24 and 25.
  if (bytes[0] === 0x89 && bytes[1] === 0x50)
    return { format: "png", grey16: bytes[24] === 16 && bytes[25] === 0 };
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) return { format: "bmp" };
  if (bytes[0] === 0x47 && bytes[1] === 0x49 && bytes[2] === 0x46) return { format: "gif" };
  const order = String.fromCharCode(...bytes.subarray(0, 4));
  if (order === "II*\0" || order === "MM\0*")
    return { format: "tiff", colours: tiffColours(bytes, order === "II*\0") };
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

/** TIFF 6.0: the first directory is a count, then entries of tag, type, count and value, 12 bytes each. */
function tiffColours(bytes: Uint8Array, little: boolean): TiffColours {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tags = new Map<number, number>();
  const from = bytes.length >= 8 ? view.getUint32(4, little) : bytes.length;
  const count = from + 2 <= bytes.length ? view.getUint16(from, little) : 0;
  for (let at = from + 2, i = 0; i < count && at + 12 <= bytes.length; i++, at += 12) {
    // Of type 3, two bytes; several values lie elsewhere, and the first of bits per sample is that of all.
    const [several, value] = [view.getUint32(at + 4, little) > 2, view.getUint32(at + 8, little)];
    const place = several ? value : at + 8;
    if (view.getUint16(at + 2, little) === 3 && place + 2 <= bytes.length)
      tags.set(view.getUint16(at, little), view.getUint16(place, little));
  }
  const [bits, compression, photometric, samples] = [258, 259, 262, 277].map((tag) => tags.get(tag) ?? 1); // prettier-ignore
  if (photometric === 5) return "cmyk";
  // Compressed as JPEG (7) they are decoded to colours by libtiff, for all.
  if (photometric === 6 && compression !== 7) return "ycbcr";
  return bits === 16 && samples === 1 && photometric === 1 ? "grey16" : "other";
}
