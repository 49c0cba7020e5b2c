// Encoded images to pixels, the very pixels that Pillow's `Image.open(file).convert("RGB")` gives: by sharp in
// Node, which has the same libjpeg-turbo, and by the browser's own decoder there.
import type sharpType from "sharp";
import { CajalError, checkOptions, importPeer, showValue, tensor } from "@cajal/core";
import { checkImage, type Image } from "../images/image";
import { decodeInBrowser } from "./decodeInBrowser";
import { pixelFormat } from "./pixelFormat";

export interface DecodeOptions {
  /** 3, the default: red, green, blue; 1: grey, as `convert("L")` makes it of colours. Alpha is dropped. */
  readonly channels?: 1 | 3;
  /**
   * `stored`, the default, leaves the picture as the file has it, as Pillow, TensorFlow and Keras do;
   * `upright` turns it as its EXIF orientation says, as OpenCV and viewers do.
   */
  readonly orientation?: "stored" | "upright";
}

/**
 * Decodes JPEG, PNG, WebP, GIF (its first picture), and what else sharp or the browser know.
 *
 * In Node the pixels are Pillow's in every bit: all kinds of JPEG, grey, palettes, interlaced, 16 bits a
 * channel (of which grey is clipped to 255, as Pillow does, and colours keep their high byte), CMYK; what
 * Pillow refuses, truncated files among them, is refused. TensorFlow's `decode_image` is off from that by
 * up to 11, as it uses the fast transform. Browsers differ in CMYK (by 1) and 16-bit grey (the high byte).
 *
 * @param encoded the whole file
 * @returns uint8 `[height, width, channels]`
 * @throws CajalError `bad-file` for what is no image or a broken one, `missing-peer` where sharp is not installed
 */
export async function decodeImage(
  encoded: Uint8Array | ArrayBuffer | Blob,
  options: DecodeOptions = {},
): Promise<Image<"uint8">> {
  checkOptions("decodeImage", options, ["channels", "orientation"]);
  const { channels = 3, orientation = "stored" } = options;
  if (channels !== 1 && channels !== 3)
    throw new CajalError("bad-argument", `decodeImage: got channels ${showValue(channels)}, expected 3 (colours) or 1 (grey).`); // prettier-ignore
  if (orientation !== "stored" && orientation !== "upright")
    throw new CajalError("bad-argument", `decodeImage: got orientation ${showValue(orientation)}, expected stored or upright.`); // prettier-ignore
  const bytes = await bytesOf(encoded);
  const name = encoded instanceof Blob && "name" in encoded ? String(encoded.name) : "image";
  const upright = orientation === "upright";
  const decode = inNode ? decodeBySharp : decodeInBrowser;
  const image = await decode(bytes, { upright, name });
  return channels === 3 ? image : toGrey(image);
}

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

async function bytesOf(encoded: Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> {
  if (encoded instanceof Blob) return new Uint8Array(await encoded.arrayBuffer());
  if (ArrayBuffer.isView(encoded))
    return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  // By name, not instanceof: buffers may come from another realm.
  if (Object.prototype.toString.call(encoded) === "[object ArrayBuffer]")
    return new Uint8Array(encoded);
  throw new CajalError(
    "bad-argument",
    `decodeImage: got ${showValue(encoded)}, expected the bytes of an image file: a Uint8Array, an ArrayBuffer or a Blob.${typeof encoded === "string" ? " Of a path, readImage of @cajal/datasets/node." : ""}`,
  );
}

type Sharp = typeof sharpType;

let loading: Promise<Sharp> | undefined;

async function loadSharp(): Promise<Sharp> {
  // By a variable, so that bundlers do not follow it: it has native parts.
  const peer = "sharp";
  const module = await importPeer(
    peer,
    (): Promise<{ default: Sharp }> => import(/* @vite-ignore */ /* webpackIgnore: true */ peer),
  );
  return module.default;
}

async function decodeBySharp(
  bytes: Uint8Array,
  { upright, name }: { upright: boolean; name: string },
): Promise<Image<"uint8">> {
  loading ??= loadSharp();
  loading.catch(() => (loading = undefined));
  const sharp = await loading;
  const format = pixelFormat(bytes);
  try {
    // Pillow does not apply colour profiles either.
    const file = sharp(bytes, { ignoreIcc: true });
    if (upright) file.autoOrient();
    if (format === "cmyk") file.pipelineColourspace("cmyk").toColourspace("cmyk").raw();
    else if (format === "grey16")
      file.pipelineColourspace("grey16").toColourspace("grey16").raw({ depth: "ushort" });
    else file.toColourspace("srgb").removeAlpha().raw();
    const { data, info } = await file.toBuffer({ resolveWithObject: true });
    const shape = [info.height, info.width, 3];
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (format === "cmyk") return tensor("uint8", shape, fromCmyk(pixels));
    if (format === "grey16") {
      const wide = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
      return tensor("uint8", shape, tripled(Uint8Array.from(wide, (v) => Math.min(v, 255))));
    }
    return tensor("uint8", shape, info.channels === 1 ? tripled(pixels) : pixels);
  } catch (cause) {
    throw new CajalError(
      "bad-file",
      `${name}: it cannot be decoded: ${cause instanceof Error ? cause.message : String(cause)}. It is no image, truncated or damaged.`,
      { name, length: bytes.length },
      { cause },
    );
  }
}

/** Pillow's conversion, without colour profiles. */
function fromCmyk(pixels: Uint8Array): Uint8Array {
  const out = new Uint8ClampedArray((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4) {
    const light = 255 - pixels[from + 3]!;
    for (let c = 0; c < 3; c++) {
      const t = pixels[from + c]! * light + 128;
      out[to++] = light - (((t >> 8) + t) >> 8);
    }
  }
  return new Uint8Array(out.buffer);
}

function tripled(grey: Uint8Array): Uint8Array {
  const out = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) out.fill(grey[i]!, 3 * i, 3 * i + 3);
  return out;
}

/** Pillow's `convert("L")` (ITU-R 601-2 luma), `[height, width, 3]` → `[height, width, 1]`. */
export function toGrey(image: Image<"uint8">): Image<"uint8"> {
  checkImage("toGrey", image, ["uint8"]);
  if (image.shape[2] !== 3)
    throw new CajalError("bad-shape", `toGrey: got an image of ${image.shape[2]} channels, expected red, green and blue.`, { shape: image.shape }); // prettier-ignore
  const [height, width] = image.shape as [number, number];
  const { data } = image;
  const grey = tensor("uint8", [height, width, 1]);
  for (let i = 0, at = 0; i < grey.data.length; i++, at += 3)
    grey.data[i] = (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 32768) >> 16;
  return grey;
}
