// JPEG by libjpeg-turbo in WebAssembly, where @cornerstonejs/codec-libjpeg-turbo-8bit is installed: Pillow's pixels in
// every bit, in half of sharp's time, which sets up a pipeline for each image.
import { tensor } from "@cajal/core";
import type { AllocateImage, Image } from "../../images/image";
import { tripled } from "./bySharp";
import type { ImageHeader } from "./imageHeader";

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): { width: number; height: number; componentCount: number };
  getDecodedBuffer(): ArrayBufferView<ArrayBuffer>;
  delete(): void;
}

interface Codec {
  readonly JPEGDecoder: new () => Decoder;
}

let loading: Promise<Codec | null> | undefined;

async function load(): Promise<Codec | null> {
  // By a variable, so that bundlers do not follow it.
  const entry = "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
  try {
    const module: { default: (options: object) => Promise<Codec> } = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ entry
    );
    return await module.default({ print: () => {}, printErr: () => {} });
  } catch {
    return null;
  }
}

/** The codec keeps its memory, so larger images are left to others. */
const mostPixels = 2 ** 24;

/** Undefined for what it cannot decode or has doubts about: others are to say what is wrong. */
export async function decodeByTurboJpeg(
  bytes: Uint8Array,
  header: ImageHeader,
  allocate: AllocateImage = (shape) => tensor("uint8", shape),
): Promise<Image<"uint8"> | undefined> {
  if (header.format !== "jpeg" || header.components > 3) return undefined;
  if (header.width * header.height > mostPixels) return undefined;
  const codec = await (loading ??= load());
  if (codec === null) return undefined;
  try {
    const decoder = new codec.JPEGDecoder();
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      const { width, height, componentCount } = decoder.getFrameInfo();
      const { buffer, byteOffset, byteLength } = decoder.getDecodedBuffer();
      const pixels = new Uint8Array(buffer, byteOffset, byteLength);
      const image = allocate([height, width, 3]);
      image.data.set(componentCount === 1 ? tripled(pixels) : pixels);
      return image;
    } finally {
      decoder.delete();
    }
  } catch (error) {
    // Of what libjpeg refuses or warns about it throws a number; after anything else it is of no more use.
    if (typeof error !== "number") loading = undefined;
    return undefined;
  }
}
