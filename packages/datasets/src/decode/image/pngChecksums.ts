// PNG whose pixels fail their checksum: Pillow does not look at those of IDAT and what follows it, libpng refuses.
import { crc32 } from "@cajal/files";

/** A copy with right checksums from IDAT on, or undefined where they are right already, or it is no PNG. */
export function withRightChecksums(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== 0x89 || bytes[1] !== 0x50) return undefined;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  let changed = false;
  let pixels = false;
  // Signature; then chunks of length, type, data and checksum of type and data.
  for (let at = 8; at + 12 <= copy.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > copy.length) break;
    pixels ||= view.getUint32(at + 4) === idat;
    const right = pixels ? crc32(copy.subarray(at + 4, end)) : view.getUint32(end);
    if (view.getUint32(end) !== right) {
      view.setUint32(end, right);
      changed = true;
    }
    at = end + 4;
  }
  return changed ? copy : undefined;
}

const idat = 0x49_44_41_54;
