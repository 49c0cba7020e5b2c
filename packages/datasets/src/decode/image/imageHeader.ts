// What a file's first bytes say of its pixels, where decoders must be told: libvips converts CMYK by colour
// profiles and halves 16-bit grey, which Pillow does not; other decoders read JPEG alone.

export type ImageHeader =
  | { readonly format: "jpeg"; readonly width: number; readonly height: number; readonly components: number } // prettier-ignore
  /** `grey16`: one channel of 16 bits. */
  | { readonly format: "png"; readonly grey16: boolean }
  | { readonly format: "bmp" }
  | { readonly format: "other" };

export function imageHeader(bytes: Uint8Array): ImageHeader {
  // PNG: signature of 8 bytes, then IHDR with bit depth and colour type at 24 and 25.
  if (bytes[0] === 0x89 && bytes[1] === 0x50)
    return { format: "png", grey16: bytes[24] === 16 && bytes[25] === 0 };
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) return { format: "bmp" };
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return { format: "other" };
  // JPEG: segments of marker and length, up to the frame header SOF0 … SOF15.
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    const word = (offset: number) => (bytes[at + offset]! << 8) | bytes[at + offset + 1]!;
    if (marker === 0xff)
      at++; // fill byte
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { format: "jpeg", height: word(5), width: word(7), components: bytes[at + 9]! };
    else at += 2 + Math.max(2, word(2));
  }
  return { format: "other" };
}
