// PBM, PGM and PPM, in text (P1 … P3) and bytes (P4 … P6), as Pillow reads them (PpmImagePlugin.py); torchvision's class
// folders may have them.
import { CajalError, tensor } from "@cajal/core";
import type { Image } from "../../images/image";
import { halfEven } from "../../images/kernels/tensorflow";

/** Whether a file begins as one: "P1" … "P6" and a space. */
export const looksLikePnm = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1]! >= 0x31 && bytes[1]! <= 0x36 && isSpace(bytes[2]!);

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

const mostPixels = 2 ** 28;

/** @throws CajalError `bad-file` */
export function decodePnm(bytes: Uint8Array, name: string): Image<"uint8"> {
  const refuse = (why: string) =>
    new CajalError("bad-file", `${name}: it cannot be decoded: ${why}. It is truncated or damaged.`, { name, length: bytes.length }); // prettier-ignore
  const kind = bytes[1]! - 0x30;
  const [isText, isBits, channels] = [kind <= 3, kind % 3 === 1, kind % 3 === 0 ? 3 : 1];
  let at = 2;
  /** The next character, after spaces, and comments up to the end of their line; undefined at the end of the file. */
  const begin = (): number | undefined => {
    for (; at < bytes.length; at++) {
      if (bytes[at] === 0x23) while (at < bytes.length && !isLineEnd(bytes[at]!)) at++;
      else if (!isSpace(bytes[at]!)) return bytes[at];
    }
    return undefined;
  };
  const number = (what: string, least: number, most: number): number => {
    begin();
    const from = at;
    while (at < bytes.length && !isSpace(bytes[at]!)) at++;
    const text = String.fromCharCode(...bytes.subarray(from, Math.min(at, from + 11)));
    const value = Number(text);
    if (text === "") throw refuse(`it ends before its ${what}`);
    if (!/^\d{1,10}$/.test(text) || value < least || value > most)
      throw refuse(`it has ${JSON.stringify(text)} as ${what}, expected a whole number, ${least} … ${most}`); // prettier-ignore
    return value;
  };
  const width = number("width", 1, mostPixels);
  const height = number("height", 1, mostPixels);
  if (width * height > mostPixels) throw refuse(`it says that it has ${width} × ${height} pixels`);
  const high = isBits ? 1 : number("largest value", 1, 65_535);
  // One space, and then, where they are bytes, the pixels.
  at++;
  const size = high > 255 ? 2 : 1;
  // Of a row; in text a value has a character at least.
  const line = isText ? width * channels : isBits ? Math.ceil(width / 8) : width * channels * size;
  if (bytes.length < at + line * height) throw refuse("it ends before its last row");
  const read = (x: number, y: number): number => {
    if (isText && isBits) {
      const digit = begin();
      at++;
      if (digit !== 0x30 && digit !== 0x31) throw refuse(digit === undefined ? "it ends before its last pixel" : `it has pixels other than 0 and 1`); // prettier-ignore
      return digit - 0x30;
    }
    if (isText) return number("value of a pixel", 0, high);
    const row = at + y * line;
    if (isBits) return (bytes[row + (x >> 3)]! >> (7 - (x & 7))) & 1;
    return size === 1 ? bytes[row + x]! : bytes[row + 2 * x]! * 256 + bytes[row + 2 * x + 1]!;
  };
  // Greys of more than 8 bits become 16, of which what is above 255 is white to Pillow.
  const white = high > 255 && channels === 1 ? 65_535 : 255;
  const image = tensor("uint8", [height, width, 3]);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width * channels; x++) {
      const value = read(x, y);
      const pixel = isBits ? 255 * (1 - value) : Math.min(255, halfEven((value / high) * white));
      for (let c = 0; c < 3 / channels; c++) image.data[to++] = pixel;
    }
  return image;
}

const isLineEnd = (byte: number) => byte === 0x0a || byte === 0x0d;
