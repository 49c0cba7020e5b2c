// What kind of pixels a file has, by its first bytes, where decoders must be told: libvips turns CMYK by colour
// profiles and halves 16-bit grey, Pillow does neither.

/** `cmyk`: a JPEG of four components; `grey16`: a PNG of one channel with 16 bits. */
export function pixelFormat(bytes: Uint8Array): "cmyk" | "grey16" | "other" {
  // PNG: signature of 8 bytes, then IHDR with bit depth and colour type at 24 and 25.
  if (bytes[0] === 0x89 && bytes[1] === 0x50)
    return bytes[24] === 16 && bytes[25] === 0 ? "grey16" : "other";
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return "other";
  // JPEG: segments of marker and length, up to the frame header SOF0 … SOF15.
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return "other";
    const marker = bytes[at + 1]!;
    if (marker === 0xff)
      at++; // fill byte
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return bytes[at + 9] === 4 ? "cmyk" : "other";
    else at += 2 + Math.max(2, (bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return "other";
}
