// An image is a tensor [height, width, channels]; what is checked of one, everywhere.
import { CajalError, checkInteger, checkNumber, checkTensor, showShape, showValue, type Tensor } from "@cajal/core"; // prettier-ignore

/** Pixels, `[height, width, channels]`: uint8 0 … 255, or float32 in whatever range they came in. */
export type Image<D extends "uint8" | "float32" = "uint8" | "float32"> = Tensor<D>;

/** Makes the image that a decoder writes into. */
export type AllocateImage = (shape: readonly [height: number, width: number, channels: number]) => Image<"uint8">; // prettier-ignore

/** Width and height in pixels. */
export interface ImageSize {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/**
 * Refuses what is no image of these types.
 *
 * @param where the function that it was given to, for the message
 * @throws CajalError `bad-argument` (no tensor, another type), `bad-shape`
 */
export function checkImage(
  where: string,
  image: Tensor,
  types: readonly string[] = ["uint8", "float32"],
): asserts image is Image {
  if (typeof image !== "object" || image === null || !Array.isArray(image.shape))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(image)}, expected an image: a tensor ${types.join(" or ")} [height, width, channels].`,
      { where },
    );
  checkTensor(image, `${where} image`);
  if (!types.includes(image.dtype))
    throw new CajalError(
      "bad-argument",
      `${where}: got an image of dtype ${image.dtype}, expected ${types.join(" or ")}.`,
      { where, dtype: image.dtype },
    );
  if (image.shape.length !== 3 || image.shape.some((extent) => extent === 0))
    throw new CajalError(
      "bad-shape",
      `${where}: got an image ${showShape(image.shape)}, expected [height, width, channels], none of them 0. Of a batch, hand over one image after the other.`,
      { where, shape: image.shape },
    );
}

/**
 * Refuses a value to fill pixels with that the image's type does not hold: bytes would wrap.
 *
 * @throws CajalError `bad-argument`
 */
export function checkFill(where: string, name: string, value: unknown, { dtype }: Image): void {
  if (dtype === "uint8") checkInteger(where, name, value, { least: 0, most: 255 });
  else checkNumber(where, name, value);
}

/**
 * Values to fill pixels with, one a channel, of a number for all or a list or typed array.
 *
 * @throws CajalError `bad-argument`, also for what the image's type does not hold
 */
export function fillsOf(
  where: string,
  name: string,
  value: unknown,
  image: Image,
): ArrayLike<number> {
  const { channels } = extentsOf(image);
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const fills = isList
    ? (value as ArrayLike<unknown>)
    : Array.from({ length: channels }, () => value);
  if ((!isList && typeof value !== "number") || fills.length !== channels)
    throw new CajalError("bad-argument", `${where}: got ${showValue(value)} as ${name}, expected a number, or one for each of the ${channels} channels.`, { [name]: value }); // prettier-ignore
  for (let c = 0; c < channels; c++) checkFill(where, name, fills[c], image);
  return fills as ArrayLike<number>;
}

/** The extents of an image that was checked. */
export const extentsOf = ({ shape }: Tensor) => ({
  height: shape[0]!,
  width: shape[1]!,
  channels: shape[2]!,
});
