// EXIF's orientation, for decoders that turn pictures unasked, as browsers do, or only those of some formats.
import { crc32 } from "@cajal/files";
import { tensor } from "@cajal/core";
import type { Image } from "../../images/image";

interface Orientation {
  /** 1, as stored, … 8. */
  readonly value: number;
  /** A copy of the file that says 1. */
  readonly stored: Uint8Array;
}

/** Of a JPEG, PNG or WebP; undefined where it says nothing of it. */
export function orientationOf(bytes: Uint8Array): Orientation | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const exif = exifOf(bytes, view);
  const found = exif && valueIn(view, exif.at, exif.end);
  if (!exif || !found) return undefined;
  const { at, little } = found;
  const stored = bytes.slice();
  const copy = new DataView(stored.buffer);
  copy.setUint16(at, 1, little);
  // Of the chunk's type and content.
  if (exif.checksumFrom) copy.setUint32(exif.end, crc32(stored.subarray(exif.checksumFrom, exif.end))); // prettier-ignore
  return { value: view.getUint16(at, little), stored };
}

/** [at, end) of the TIFF structure, which begins with its order of bytes. */
interface Exif {
  readonly at: number;
  readonly end: number;
  /** Of a PNG: from where to `end` the checksum behind it counts. */
  readonly checksumFrom?: number;
}

function exifOf(bytes: Uint8Array, view: DataView): Exif | undefined {
  const text = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length)); // prettier-ignore
  const signed = (at: number) => at + (text(at, 6) === "Exif\0\0" ? 6 : 0);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    // Segments of marker and length, up to the pixels.
    for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
      if (bytes[at + 1] === 0xff) at++; // fill byte
      else {
        const end = at + 2 + Math.max(2, view.getUint16(at + 2));
        if (bytes[at + 1] === 0xe1 && text(at + 4, 6) === "Exif\0\0") return { at: at + 10, end };
        at = end;
      }
    }
  } else if (text(1, 3) === "PNG") {
    for (let at = 8; at + 12 <= bytes.length;) {
      const end = at + 8 + view.getUint32(at);
      if (text(at + 4, 4) === "eXIf" && end + 4 <= bytes.length) return { at: at + 8, end, checksumFrom: at + 4 }; // prettier-ignore
      at = end + 4;
    }
  } else if (text(0, 4) === "RIFF" && text(8, 4) === "WEBP") {
    for (let at = 12; at + 8 <= bytes.length;) {
      const size = view.getUint32(at + 4, true);
      if (text(at, 4) === "EXIF") return { at: signed(at + 8), end: at + 8 + size };
      at += 8 + size + (size % 2);
    }
  }
  return undefined;
}

/** Where the value of the tag is. */
function valueIn(view: DataView, from: number, end: number) {
  const last = Math.min(end, view.byteLength);
  if (from + 8 > last) return undefined;
  const little = view.getUint16(from) === 0x4949;
  const directory = from + view.getUint32(from + 4, little);
  if (directory + 2 > last) return undefined;
  const count = view.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < count && at + 12 <= last; i++, at += 12)
    // 16 bits, the type 3, in the first of four bytes.
    if (view.getUint16(at, little) === 0x0112 && view.getUint16(at + 2, little) === 3)
      return { at: at + 8, little };
  return undefined;
}

/** The picture turned as an orientation says, as Pillow's `exif_transpose` does. */
export function turned(image: Image<"uint8">, orientation: number): Image<"uint8"> {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const [height, width, channels] = image.shape as [number, number, number];
  const swapped = orientation >= 5;
  const [rows, columns] = swapped ? [width, height] : [height, width];
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const out = tensor("uint8", [rows, columns, channels]);
  for (let y = 0, to = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, to += channels) {
      const [row, column] = swapped ? [x, y] : [y, x];
      const at = (fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column); // prettier-ignore
      for (let c = 0; c < channels; c++) out.data[to + c] = image.data[at * channels + c]!;
    }
  return out;
}
