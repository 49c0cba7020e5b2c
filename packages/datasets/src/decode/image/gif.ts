// GIF as Pillow reads it: what is transparent keeps the colour that its palette has there, which other decoders make black.

/** A copy whose first picture says nothing of transparency, or the bytes themselves where it says nothing. */
export function opaqueGif(bytes: Uint8Array): Uint8Array {
  // Signature of 6 bytes, size, flags; then the palette of all pictures, if there is one.
  const flags = bytes[10] ?? 0;
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  // Extensions: 0x21, a label, blocks of up to 255 bytes after their length, and one of length 0.
  while (bytes[at] === 0x21) {
    const transparent = (bytes[at + 3] ?? 0) & 1;
    if (bytes[at + 1] === 0xf9 && transparent) {
      const copy = bytes.slice();
      copy[at + 3]! ^= 1;
      return copy;
    }
    at += 2;
    while (bytes[at]) at += bytes[at]! + 1;
    at++;
  }
  return bytes;
}
