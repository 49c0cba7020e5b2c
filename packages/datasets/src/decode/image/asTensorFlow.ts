// JPEG as TensorFlow decodes it unless told otherwise: libjpeg-turbo's fast transform, which moves two thirds of all
// values by 1 to 11 (tf.io.decode_jpeg, dct_method ""). Networks trained by Keras on image_dataset_from_directory saw
// these pixels.
import { CajalError, importPeer, tensor } from "@cajal/core";
import type { AllocateImage, Image } from "../../images/image";
import { hasAllPixels } from "./bySharp";
import type { ImageHeader } from "./imageHeader";

interface TurboJpeg {
  readonly FORMAT_RGB: number;
  readonly FORMAT_GRAY: number;
  decompress(encoded: Buffer, out: Buffer, options: { format: number }): Promise<{ size: number }>;
  decompressSync(encoded: Buffer, out: Buffer, options: { format: number }): { size: number };
}

let loading: Promise<TurboJpeg> | undefined;

async function load(): Promise<TurboJpeg> {
  // By a variable, so that bundlers do not follow it: it has native parts.
  const peer = "@julusian/jpeg-turbo";
  const module = await importPeer(
    peer,
    (): Promise<{ default: TurboJpeg }> =>
      import(/* @vite-ignore */ /* webpackIgnore: true */ peer),
  );
  return module.default;
}

/** It counts bytes in 32 bits. */
const mostPixels = 2 ** 28;

/** @returns `[height, width, channels]`; of one channel the file's own luminance, as `channels=1` there */
export async function decodeAsTensorFlow(
  bytes: Uint8Array,
  header: ImageHeader & { format: "jpeg" },
  { name, channels, allocate = uncleared }: { name: string; channels: 1 | 3; allocate?: AllocateImage | undefined }, // prettier-ignore
): Promise<Image<"uint8">> {
  const { width, height, components } = header;
  if (components > 3 || width * height > mostPixels)
    throw new CajalError("unsupported", `${name}: TensorFlow's pixels are not to be had of a JPEG of ${width} × ${height} with ${components} components. Decode it like "pillow".`, { name, width, height, components }); // prettier-ignore
  const refuse = (why: string, cause?: unknown) =>
    new CajalError("bad-file", `${name}: it cannot be decoded: ${why}. It is truncated or damaged.`, { name, length: bytes.length }, { cause }); // prettier-ignore
  if (width === 0 || height === 0) throw refuse("it has no pixels");
  loading ??= load();
  loading.catch(() => (loading = undefined));
  const turbo = await loading;
  const { isMainThread } = process.getBuiltinModule("node:worker_threads");
  const image = allocate([height, width, channels]);
  const { buffer, byteOffset, byteLength } = image.data;
  const out = Buffer.from(buffer, byteOffset, byteLength);
  const encoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = channels === 3 ? turbo.FORMAT_RGB : turbo.FORMAT_GRAY;
  try {
    // A worker thread has nobody else to serve, and another thread's cache would have the pixels.
    if (isMainThread) await turbo.decompress(encoded, out, { format });
    else turbo.decompressSync(encoded, out, { format });
  } catch (cause) {
    // It refuses what libjpeg only warns of, and does not say what that was. Whether it has written all of the image by
    // then is seen where it does so over other bytes.
    const again = Buffer.alloc(out.length, 255);
    out.fill(0);
    for (const each of [out, again]) {
      try {
        turbo.decompressSync(encoded, each, { format });
      } catch {}
    }
    if (out.equals(again) && (await hasAllPixels(bytes))) return image;
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return image;
}

/** Every byte is written, or nothing is returned. */
const uncleared: AllocateImage = (shape) => {
  const [height, width, channels] = shape;
  const { buffer } = Buffer.allocUnsafeSlow(height * width * channels);
  return tensor("uint8", shape, new Uint8Array(buffer));
};
