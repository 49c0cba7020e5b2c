// What Pillow and TensorFlow do with JPEG files that libjpeg warns of though no pixel is missing: nothing. Cameras and
// servers make them, and the photographs of cats and dogs that courses begin with have some.

/** A copy that says a version of JFIF that there is, 1, or the bytes themselves where they do. */
export function withKnownVersion(bytes: Uint8Array): Uint8Array {
  // The signature, then a segment: marker, length, "JFIF" ended by 0, the version.
  const begin = [0xff, 0xd8, 0xff, 0xe0, undefined, undefined, 0x4a, 0x46, 0x49, 0x46, 0];
  const at = begin.length;
  if (begin.some((byte, i) => byte !== undefined && byte !== bytes[i]) || bytes[at] === 1) return bytes; // prettier-ignore
  const copy = bytes.slice();
  copy[at] = 1;
  return copy;
}

/** Whether libjpeg, of which libvips tells, warned of nothing but bytes between the last pixels and the end. */
export function isLongAtItsEnd(error: unknown): boolean {
  const lines = error instanceof Error ? error.message.split("\n") : [""];
  return lines.every((line) => /^VipsJpeg: Corrupt JPEG data: \d+ extraneous bytes before marker 0xd9$/.test(line)); // prettier-ignore
}
