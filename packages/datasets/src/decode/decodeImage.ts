// Encoded images to pixels, the very pixels that Pillow's `Image.open(file).convert("RGB")` gives, or TensorFlow: by
// libjpeg-turbo and sharp in Node, and by the browser's own decoder there.
import {
  CajalError,
  checkOptions,
  showValue,
  tensor,
  unknownName,
  type Allocate,
} from "@cajal/core";
import { checkImage, type AllocateImage, type Image } from "../images/image";
import { decodeAsTensorFlow } from "./image/asTensorFlow";
import { decodeBmp } from "./image/bmp";
import { decodeBySharp } from "./image/bySharp";
import { decodeByTurboJpeg } from "./image/byTurboJpeg";
import { decodeGif, tensorFlowGif } from "./image/gif";
import { imageHeader } from "./image/imageHeader";
import { decodeInBrowser } from "./image/inBrowser";
import { withKnownVersion } from "./image/jpeg";
import { problemOfPng, withExifFirst, withRightChecksums } from "./image/png";
import { decodePnm } from "./image/pnm";

export interface DecodeOptions {
  /** 3, the default: red, green, blue; 1: grey, as `convert("L")` makes it of colours. Alpha is dropped. */
  readonly channels?: 1 | 3;
  /**
   * `stored`, the default, leaves the picture as the file has it, as Pillow (TIFF files aside, which it turns),
   * TensorFlow and Keras do; `upright` turns it as its EXIF orientation says, as OpenCV and viewers do.
   */
  readonly orientation?: "stored" | "upright";
  /**
   * Whose pixels. `pillow`, the default, which OpenCV and torchvision agree with. `tensorflow`: those of
   * `tf.io.decode_image` and Keras' `image_dataset_from_directory`, whose fast transform moves two thirds of a JPEG's
   * values by 1 to 11; in Node alone, with `@julusian/jpeg-turbo`.
   */
  readonly like?: "pillow" | "tensorflow";
  /**
   * Makes the image. Default: `tensor`, in new memory, which the system clears page by page: an image that is only on
   * its way to a smaller one can do with that of the image before.
   */
  readonly tensor?: Allocate;
}

const libraries = ["pillow", "tensorflow"] as const;

/**
 * Decodes JPEG, PNG, BMP, PBM, PGM, PPM, WebP, GIF and TIFF (their first picture), and what else sharp or the browser know.
 *
 * In Node the pixels are Pillow's in every bit: all kinds of JPEG, grey, palettes, interlaced, 16 bits a
 * channel (of which grey is clipped to 255, as Pillow does, and colours keep their high byte), CMYK; what
 * Pillow refuses, truncated files among them, is refused. Browsers differ in CMYK (by 1) and 16-bit grey (the high
 * byte). JPEGs take half the time where `@cornerstonejs/codec-libjpeg-turbo-8bit` is installed.
 *
 * @param encoded the whole file
 * @returns uint8 `[height, width, channels]`
 * @throws CajalError `bad-file` for what is no image or a broken one; `missing-peer` where sharp, or of JPEGs like
 *   TensorFlow `@julusian/jpeg-turbo`, is not installed; `unsupported` for what cannot be decoded like TensorFlow, and for
 *   TIFF files of YCbCr, L*a*b*, 16-bit CMYK, signed or floating colours
 */
export async function decodeImage(
  encoded: Uint8Array | ArrayBuffer | Blob,
  options: DecodeOptions = {},
): Promise<Image<"uint8">> {
  checkOptions("decodeImage", options, { channels: true, orientation: true, like: true, tensor: "function" }); // prettier-ignore
  const { channels, orientation, like } = checkDecoding("decodeImage", options);
  const bytes = withKnownVersion(await bytesOf(encoded));
  const name = encoded instanceof Blob && "name" in encoded ? String(encoded.name) : "image";
  const upright = orientation === "upright";
  const { tensor: make } = options;
  // Some decoders write where they are told; what others give is copied there.
  let direct = false;
  const allocate: AllocateImage | undefined = make && ((shape) => ((direct = true), make("uint8", shape))); // prettier-ignore
  const image =
    like === "tensorflow"
      ? await asTensorFlow(bytes, { channels, upright, name, allocate })
      : channels === 3
        ? await asPillow(bytes, { upright, name, allocate })
        : toGrey(await asPillow(bytes, { upright, name }));
  if (!make || direct) return image;
  const copy = make("uint8", image.shape);
  copy.data.set(image.data);
  return copy;
}

/**
 * What is said of the pixels, and the defaults of what is not; sets of images check it before they read any.
 *
 * @throws CajalError `bad-argument`, `unknown-name`
 */
export function checkDecoding(where: string, options: DecodeOptions) {
  const { channels = 3, orientation = "stored", like = "pillow" } = options;
  if (channels !== 1 && channels !== 3)
    throw new CajalError("bad-argument", `${where}: got channels ${showValue(channels)}, expected 3 (colours) or 1 (grey).`); // prettier-ignore
  if (orientation !== "stored" && orientation !== "upright")
    throw new CajalError("bad-argument", `${where}: got orientation ${showValue(orientation)}, expected stored or upright.`); // prettier-ignore
  if (!libraries.includes(like)) throw unknownName("library to decode like", like, libraries);
  return { channels, orientation, like };
}

async function asPillow(
  bytes: Uint8Array,
  {
    allocate,
    ...options
  }: { upright: boolean; name: string; allocate?: AllocateImage | undefined },
): Promise<Image<"uint8">> {
  const header = imageHeader(bytes);
  if (header.format === "bmp") return decodeBmp(bytes, options.name);
  if (header.format === "pnm") return decodePnm(bytes, options.name);
  const problem = header.format === "png" ? problemOfPng(bytes) : undefined;
  // Of TIFF files alone Pillow heeds the orientation by itself.
  const upright = options.upright || header.format === "tiff";
  if (problem !== undefined)
    throw new CajalError("bad-file", `${options.name}: it cannot be decoded: ${problem}. It is truncated or damaged.`, { name: options.name, length: bytes.length }); // prettier-ignore
  const inOrder = header.format === "png" && upright ? withExifFirst(bytes) : bytes;
  const decode = (bytes: Uint8Array) =>
    inNode
      ? decodeBySharp(bytes, header, { ...options, upright, like: "pillow" })
      : decodeInBrowser(bytes, options);
  const turbo =
    inNode && !options.upright ? await decodeByTurboJpeg(bytes, header, allocate) : undefined;
  if (turbo) return turbo;
  try {
    return await (header.format === "gif" ? decodeGif(bytes, decode) : decode(inOrder));
  } catch (error) {
    const mended = header.format === "png" ? withRightChecksums(inOrder) : undefined;
    if (mended === undefined) throw error;
    return decode(mended);
  }
}

async function asTensorFlow(
  bytes: Uint8Array,
  { channels, upright, name, allocate }: { channels: 1 | 3; upright: boolean; name: string; allocate?: AllocateImage | undefined }, // prettier-ignore
): Promise<Image<"uint8">> {
  const refuse = (why: string) => new CajalError("unsupported", `${name}: ${why}.`, { name });
  if (!inNode) throw refuse("browsers have no decoder that gives TensorFlow's pixels");
  if (upright) throw refuse("TensorFlow never turns pictures: decode them as stored");
  const header = imageHeader(bytes);
  if (header.format === "pnm") throw refuse("TensorFlow reads no PBM, PGM and PPM files");
  if (header.format === "jpeg")
    return decodeAsTensorFlow(bytes, header, { name, channels, allocate });
  const decoded =
    header.format === "bmp"
      ? decodeBmp(bytes, name, "tensorflow")
      : await decodeBySharp(bytes, header, { upright, name, like: "tensorflow" });
  const image = header.format === "gif" ? tensorFlowGif(decoded, bytes) : decoded;
  if (channels === 3) return image;
  if (image.data.some((value, i) => value !== image.data[i - (i % 3)]))
    throw refuse("it has colours, of which TensorFlow makes grey by a formula of each format's own: decode it like \"pillow\", or with 3 channels"); // prettier-ignore
  return toGrey(image);
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
