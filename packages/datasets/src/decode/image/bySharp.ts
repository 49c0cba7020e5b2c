// sharp (libvips), which decodes everything but BMP, told to give what Pillow gives.
import type sharpType from "sharp";
import { CajalError, importPeer, tensor } from "@cajal/core";
import type { Image } from "../../images/image";
import type { ImageHeader } from "./imageHeader";
import { isLongAtItsEnd } from "./jpeg";

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

/** Above this Pillow takes a file for a decompression bomb (twice MAX_IMAGE_PIXELS). */
const mostPixels = 178_956_970;

/** @param options.like whose pixels: of 16-bit grey Pillow clips values, TensorFlow keeps their high byte */
export async function decodeBySharp(
  bytes: Uint8Array,
  header: ImageHeader,
  { upright, name, like }: { upright: boolean; name: string; like: "pillow" | "tensorflow" },
): Promise<Image<"uint8">> {
  loading ??= loadSharp();
  loading.catch(() => (loading = undefined));
  const sharp = await loading;
  const tiff = header.format === "tiff" ? header : undefined;
  if (tiff?.unlike !== undefined)
    throw new CajalError("unsupported", `${name}: a TIFF file of ${tiff.unlike} is not decoded as Pillow does. Save it as RGB of 8 bits.`, { name }); // prettier-ignore
  const cmyk = tiff?.colours === "cmyk" || (header.format === "jpeg" && header.components === 4);
  const grey16 = tiff?.colours === "grey16" || (header.format === "png" && header.grey16);
  const clipped = grey16 && like === "pillow";
  const decode = async (failOn: "truncated" | "error" | "warning"): Promise<Image<"uint8">> => {
    // Pillow does not apply colour profiles either.
    const file = sharp(bytes, { ignoreIcc: true, limitInputPixels: mostPixels, failOn });
    if (upright) file.autoOrient();
    if (cmyk) file.pipelineColourspace("cmyk").toColourspace("cmyk").raw();
    else if (clipped)
      file
        .removeAlpha()
        .pipelineColourspace("grey16")
        .toColourspace("grey16")
        .raw({ depth: "ushort" });
    else file.toColourspace("srgb").removeAlpha().raw();
    const { data, info } = await file.toBuffer({ resolveWithObject: true });
    const shape = [info.height, info.width, 3];
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (cmyk) return tensor("uint8", shape, fromCmyk(pixels));
    if (clipped) {
      const wide = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
      return tensor("uint8", shape, tripled(Uint8Array.from(wide, (v) => Math.min(v, 255))));
    }
    return tensor("uint8", shape, info.channels === 1 ? tripled(pixels) : pixels);
  };
  try {
    // libtiff warns of tags, as Pillow does not; of pixels that are missing or damaged it tells as errors.
    return await decode(tiff ? "error" : "warning").catch((error: unknown) => {
      if (isLongAtItsEnd(error)) return decode("truncated");
      throw error;
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    // The file may be whole: sharp's own libtiff is built without some compressions.
    const missing = /(\w+) compression support is not configured/.exec(why)?.[1];
    if (missing !== undefined)
      throw new CajalError("unsupported", `${name}: sharp cannot read a TIFF file compressed by ${missing}. Save it with another compression, such as LZW or deflate.`, { name, compression: missing }, { cause }); // prettier-ignore
    throw new CajalError(
      "bad-file",
      `${name}: it cannot be decoded: ${why}. It is no image, truncated or damaged.`,
      { name, length: bytes.length },
      { cause },
    );
  }
}

/** Whether a JPEG that another decoder refuses has all of its pixels, as far as sharp, where it is installed, can tell. */
export async function hasAllPixels(bytes: Uint8Array): Promise<boolean> {
  try {
    const sharp = await (loading ??= loadSharp());
    await sharp(bytes, { failOn: "warning" }).raw().toBuffer();
    return true;
  } catch (error) {
    return isLongAtItsEnd(error);
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

/** Grey as red, green and blue. */
export function tripled(grey: Uint8Array): Uint8Array {
  const out = new Uint8Array(grey.length * 3);
  for (let i = 0, to = 0; i < grey.length; i++, to += 3)
    out[to] = out[to + 1] = out[to + 2] = grey[i]!;
  return out;
}
