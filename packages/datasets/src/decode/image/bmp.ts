// BMP, as Pillow reads it (BmpImagePlugin.py): palettes of 1, 4 and 8 bits, plain or run-length encoded, 16, 24 and 32
// bits with the layouts that it knows. Of 24 and 32 bits TensorFlow's decode_bmp agrees.
import { CajalError, tensor } from "@cajal/core";
import type { Image } from "../../images/image";

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  /** 0 none, 1 RLE8, 2 RLE4, 3 masks. */
  readonly compression: number;
  readonly colours: number;
  /** Bytes of a palette's colour: 4, or 3 in OS/2's headers. */
  readonly colourSize: number;
  readonly palette: number;
  readonly pixels: number;
  /** Where red, green and blue are in a pixel of 24 or 32 bits; of 16 bits, whether green has 6. */
  readonly layout: readonly [red: number, green: number, blue: number] | "565" | "555";
}

/** Of run-length encoded ones fewer, because a few bytes may say that there are many. */
const mostPixels = { plain: 2 ** 28, encoded: 2 ** 26 };

/**
 * @param like whose pixels; TensorFlow takes indices of 8 bits for grey, whatever their palette
 * @throws CajalError `bad-file`; `unsupported` for what TensorFlow does not read, or reads as something else
 */
export function decodeBmp(
  bytes: Uint8Array,
  name: string,
  like: "pillow" | "tensorflow" = "pillow",
): Image<"uint8"> {
  const refuse = (why: string) =>
    new CajalError("bad-file", `${name}: it cannot be decoded: ${why}. It is truncated, damaged, or a kind of BMP that Pillow does not read either.`, { name, length: bytes.length }); // prettier-ignore
  const header = readHeader(bytes, refuse);
  const { width, height, topDown, bits, compression } = header;
  const encoded = compression === 1 || compression === 2;
  if (width * height === 0 || width * height > mostPixels[encoded ? "encoded" : "plain"])
    throw refuse(`it says that it has ${width} × ${height} pixels`);
  const asTensorFlow = like === "tensorflow";
  const plain = !encoded && String(header.layout) === "2,1,0";
  if (asTensorFlow && !([8, 24, 32].includes(bits) && plain))
    throw new CajalError("unsupported", `${name}: TensorFlow reads no BMP of ${bits} bits a pixel and compression ${compression}. Decode it like "pillow".`, { name, bits, compression }); // prettier-ignore
  // Rows are padded to 4 bytes.
  const line = encoded ? width : Math.floor((width * bits + 31) / 32) * 4;
  const body = encoded ? runs(bytes, header, refuse) : bytes.subarray(header.pixels);
  // The last row needs no padding.
  if (body.length < line * (height - 1) + Math.ceil((width * (encoded ? 8 : bits)) / 8))
    throw refuse("it ends before its last row");
  const greys = () => Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const colours = bits > 8 ? undefined : asTensorFlow ? greys() : palette(bytes, header, refuse);
  const image = tensor("uint8", [height, width, 3]);
  const { data } = image;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = (topDown ? y : height - 1 - y) * line;
    for (let x = 0; x < width; x++, to += 3) {
      if (colours) {
        const index = encoded ? body[row + x]! : packed(body, row, x, bits);
        data[to] = colours[3 * index]!;
        data[to + 1] = colours[3 * index + 1]!;
        data[to + 2] = colours[3 * index + 2]!;
      } else if (typeof header.layout === "string") {
        const value = body[row + 2 * x]! | (body[row + 2 * x + 1]! << 8);
        const [greens, red] = header.layout === "565" ? [63, value >> 11] : [31, (value >> 10) & 31]; // prettier-ignore
        data[to] = Math.trunc((red * 255) / 31);
        data[to + 1] = Math.trunc((((value >> 5) & greens) * 255) / greens);
        data[to + 2] = Math.trunc(((value & 31) * 255) / 31);
      } else {
        const at = row + (bits / 8) * x;
        for (let c = 0; c < 3; c++) data[to + c] = body[at + header.layout[c]!]!;
      }
    }
  }
  return image;
}

type Refuse = (why: string) => CajalError;

function readHeader(bytes: Uint8Array, refuse: Refuse): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length >= 18 ? view.getUint32(14, true) : 0;
  const headerSizes = [12, 40, 52, 56, 64, 108, 124];
  if (!headerSizes.includes(size) || bytes.length < 14 + size)
    throw refuse(size === 0 ? "it has no header" : `its header has ${size} bytes, expected one of ${headerSizes.join(", ")}`); // prettier-ignore
  let pixels = view.getUint32(10, true);
  const old = size === 12;
  const width = old ? view.getUint16(18, true) : view.getUint32(18, true);
  const topDown = !old && bytes[25] === 0xff;
  const rows = old ? view.getUint16(20, true) : view.getUint32(22, true);
  const height = topDown ? 2 ** 32 - rows : rows;
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const colours = (old ? 0 : view.getUint32(46, true)) || 2 ** bits;
  const colourSize = old ? 3 : 4;
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw refuse(`it has ${bits} bits a pixel`);
  if (compression > 3) throw refuse(`it has compression ${compression}`);
  let palette = 14 + size;
  let layout: Header["layout"] = bits === 16 ? "555" : [2, 1, 0];
  if (compression === 3) {
    // Masks are part of longer headers, and follow short ones.
    const beside = size < 52;
    if (beside && bytes.length < palette + 12) throw refuse("it ends before its masks");
    const masks = [0, 4, 8, ...(beside || size < 56 ? [] : [12])].map((at) => view.getUint32(54 + at, true)); // prettier-ignore
    layout = layoutOf(bits, masks) ?? refused(refuse(`its masks ${masks.map((mask) => mask.toString(16)).join(", ")} are of a layout that is not known`)); // prettier-ignore
    if (size < 52) palette += 12;
  }
  if (pixels === 14 + size && bits <= 8) pixels += colourSize * colours;
  // Without an address pixels follow what comes before them.
  if (pixels === 0) pixels = palette + (bits <= 8 ? colourSize * colours : 0);
  return { width, height, topDown, bits, compression, colours, colourSize, palette, pixels, layout }; // prettier-ignore
}

const refused = (error: Error): never => {
  throw error;
};

/** Bytes of red, green and blue; only the layouts that Pillow knows. */
function layoutOf(bits: number, masks: readonly number[]): Header["layout"] | undefined {
  const [red, green, blue, alpha = 0] = masks.map((mask) => mask >>> 0);
  const key = [red, green, blue, ...(bits === 32 ? [alpha] : [])].map((mask) => mask!.toString(16)).join(); // prettier-ignore
  const layouts: Record<string, Header["layout"]> =
    bits === 32
      ? {
          "ff0000,ff00,ff,0": [2, 1, 0],
          "ff000000,ff0000,ff00,0": [3, 2, 1],
          "ff000000,ff00,ff,0": [3, 1, 0],
          "ff000000,ff0000,ff00,ff": [3, 2, 1],
          "ff,ff00,ff0000,ff000000": [0, 1, 2],
          "ff0000,ff00,ff,ff000000": [2, 1, 0],
          "ff000000,ff00,ff,ff0000": [3, 1, 0],
          "0,0,0,0": [2, 1, 0],
        }
      : bits === 24
        ? { "ff0000,ff00,ff": [2, 1, 0] }
        : bits === 16
          ? { "f800,7e0,1f": "565", "7c00,3e0,1f": "555" }
          : {};
  return layouts[key];
}

/** Red, green and blue of 256 indices. */
function palette(bytes: Uint8Array, header: Header, refuse: Refuse): Uint8Array {
  const { colours, colourSize, palette } = header;
  if (colours > 65_536) throw refuse(`it says that it has ${colours} colours`);
  // What a palette does not say is black.
  const table = new Uint8Array(768);
  const stored = Math.min(colours, 256, Math.floor((bytes.length - palette) / colourSize));
  for (let i = 0; i < stored; i++)
    for (let c = 0; c < 3; c++) table[3 * i + c] = bytes[palette + i * colourSize + 2 - c]!;
  return table;
}

function packed(body: Uint8Array, row: number, x: number, bits: number): number {
  if (bits === 8) return body[row + x]!;
  const perByte = 8 / bits;
  const byte = body[row + Math.floor(x / perByte)]!;
  return (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
}

/** Run-length encoded indices, a byte each; what Pillow does with runs beyond a row's end, too. */
function runs(bytes: Uint8Array, header: Header, refuse: Refuse): Uint8Array {
  const { width, height, compression, pixels } = header;
  const nibbles = compression === 2;
  // What is beyond its end is not kept.
  const out = new Uint8Array(width * height);
  let [to, x, at] = [0, 0, pixels];
  const literal = (byte: number) => {
    if (!nibbles) out[to++] = byte;
    else {
      out[to++] = byte >> 4;
      out[to++] = byte & 15;
    }
  };
  while (to < width * height && at + 1 < bytes.length) {
    const count = bytes[at++]!;
    const value = bytes[at++]!;
    if (count > 0) {
      const fits = Math.max(0, Math.min(count, width - x));
      for (let i = 0; i < fits; i++)
        out[to++] = !nibbles ? value : i % 2 === 0 ? value >> 4 : value & 15;
      x += fits;
    } else if (value === 0) {
      to = Math.ceil(to / width) * width;
      x = 0;
    } else if (value === 1) break;
    else if (value === 2) {
      if (at + 1 >= bytes.length) break;
      to += bytes[at]! + bytes[at + 1]! * width;
      at += 2;
      x = to % width;
    } else {
      const length = nibbles ? value >> 1 : value;
      const end = Math.min(at + length, bytes.length);
      const whole = end - at === length;
      while (at < end) literal(bytes[at++]!);
      if (!whole) break;
      x += value;
      // Runs of literal indices end on an even address.
      at += at % 2;
    }
  }
  if (to < width * height) throw refuse("it ends before its last row");
  return out;
}
