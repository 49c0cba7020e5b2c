// Encoded images somewhere, as a dataset: decoded and prepared when a batch is delivered.
import { abortable, CajalError, checkArgument, checkOptions, tensor, type Tensor } from "@cajal/core"; // prettier-ignore
import { rows } from "../batches";
import { fromSource, type Allocate, type Dataset } from "../dataset";
import { checkDecoding, decodeImage, type DecodeOptions } from "../decode/decodeImage";
import { stackImages } from "../images/evaluation";
import { checkImage, type Image } from "../images/image";
import { pooled } from "../pooled";

export interface ImageOptions<X extends "uint8" | "float32" = "uint8"> extends Omit<
  DecodeOptions,
  "tensor"
> {
  /**
   * What becomes of each decoded image, uint8 `[height, width, channels]`: all must come out of one size.
   * Default: nothing; then all must be of one size.
   *
   * @example prepare: evaluation(modelFacts("ResNet50"))
   * @example prepare: (image) => resize(image, { width: 64, height: 64 })
   */
  readonly prepare?: (image: Image<"uint8">) => Image<X> | Promise<Image<X>>;
}

export const imageOptions = {
  channels: true,
  orientation: true,
  like: true,
  prepare: "function",
} as const;

/** Before anything is read. */
export function checkImageOptions(where: string, options: ImageOptions<"uint8" | "float32">): void {
  checkOptions(where, options, imageOptions);
  checkDecoding(where, options);
}

/** An encoded image, wherever it is. */
export interface EncodedImage {
  /** What to call it in messages. */
  readonly name: string;
  bytes(): Promise<Uint8Array | Blob> | Uint8Array | Blob;
}

/** So many images of a batch are read and decoded at once: memory is theirs and the batch's. */
const atOnce = 8;

/**
 * @param images in order
 * @param labels class numbers, of each
 */
export function imageSource<X extends "uint8" | "float32">(
  images: readonly EncodedImage[],
  labels: readonly number[],
  { prepare, ...decoding }: ImageOptions<X>,
  classes?: readonly string[],
): Dataset<X, "int32"> {
  if (prepare !== undefined) checkArgument("images", "prepare", prepare, "function");
  checkDecoding("images", decoding);
  const numbers = Int32Array.from(labels);
  const classNumbers = tensor("int32", [numbers.length], numbers);
  const one = async (index: number): Promise<Image<X>> => {
    const { name, bytes } = images[index]!;
    const image = await withName(name, async () => decodeImage(await bytes(), decoding));
    // Without a change it stays what it was: bytes.
    if (!prepare) return image as Tensor as Image<X>;
    const prepared = await prepare(image);
    checkImage(`prepare of ${name}`, prepared);
    return prepared;
  };
  return fromSource<X, "int32">({
    size: images.length,
    ...(classes && { classes }),
    labels: numbers,
    async read(indices, { signal, tensor }) {
      if (indices.length === 0)
        throw new CajalError("bad-argument", "images: this dataset has no examples, and no images have no size that a batch of them could have. Ask for its size first."); // prettier-ignore
      const ready: Image<X>[] = [];
      const work = async (at: number) => void (ready[at] = await one(indices[at]!));
      await abortable(pooled(indices.keys(), atOnce, work, signal), signal);
      const x = stackNamed(ready, (i) => images[indices[i]!]!.name, tensor);
      return { x, y: rows(classNumbers, indices, tensor) }; // prettier-ignore
    },
  });
}

/** Says which file it was. */
async function withName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CajalError) || error.code !== "bad-file") throw error;
    const message = error.message.replace(/^image:/, `${name}:`);
    throw new CajalError("bad-file", message, { ...error.facts, name }, { cause: error.cause });
  }
}

function stackNamed<I extends Image>(
  images: readonly I[],
  nameOf: (i: number) => string,
  tensor: Allocate,
): I {
  const [first] = images;
  const odd = images.findIndex(({ shape }) => shape.join() !== first!.shape.join());
  if (odd > 0)
    throw new CajalError(
      "bad-shape",
      `images: ${nameOf(odd)} is [${images[odd]!.shape.join(",")}] and ${nameOf(0)} [${first!.shape.join(",")}], expected one size in a batch. Give prepare: (image) => resize(image, { width, height }).`,
      { name: nameOf(odd), shape: images[odd]!.shape },
    );
  return stackImages(images, { tensor });
}
