// Samples of a data set side by side, as one picture.
import { CajalError, checkArgument, checkInteger, checkOptions, isTensor, showShape, tensor, type Tensor } from "@cajal/core"; // prettier-ignore
import { checkValues } from "../checkValues";
import type { Dataset } from "../dataset";
import { stackImages } from "./evaluation";
import type { Image } from "./image";
import { resize } from "./resize";

export interface ContactSheetOptions {
  /** Pictures in a row; default: as many as make the sheet about square. */
  readonly columns?: number;
  /** Pixels between them, default 2. */
  readonly gap?: number;
  /** How many pixels a pixel becomes on each side; default so many that a picture has 48 at least. */
  readonly scale?: number;
}

/**
 * The images of a batch on white, row by row.
 *
 * @param images `[n, height, width, 1 or 3]`: uint8, or other numbers from 0 to the largest there is, but at least 1
 * @throws CajalError `bad-shape` for what are no images; `bad-argument` for numbers that are not finite
 * @example const sheet = contactSheet((await digits().take(100).all()).x, { columns: 20 });
 */
export function contactSheet(images: Tensor, options: ContactSheetOptions = {}): Image<"uint8"> {
  checkValues("contactSheet", "images", images);
  checkOptions("contactSheet", options, {
    columns: { whole: true, least: 1 },
    gap: { whole: true, least: 0, most: 1000 },
    scale: { whole: true, least: 1, most: 100 },
  });
  const [n, height, width, channels] = images.shape;
  if (images.shape.length !== 4 || !n || !height || !width || (channels !== 1 && channels !== 3))
    throw new CajalError("bad-shape", `contactSheet: got ${showShape(images.shape)}, expected images [n, height, width, 1 or 3], at least one.`, { shape: images.shape }); // prettier-ignore
  const { gap = 2, scale = Math.max(1, Math.ceil(48 / Math.min(height, width))) } = options;
  const [cellHeight, cellWidth] = [height * scale + gap, width * scale + gap];
  const { columns = Math.max(1, Math.round(Math.sqrt((n * cellHeight) / cellWidth))) } = options;
  const across = Math.min(columns, n);
  const shape = [Math.ceil(n / across) * cellHeight + gap, across * cellWidth + gap, 3];
  checkInteger("contactSheet", "number of pixels", shape[0]! * shape[1]!, { least: 1, most: 2 ** 28 }); // prettier-ignore
  const sheet = tensor("uint8", shape);
  sheet.data.fill(255);
  // Bytes are as they are; of others the largest is white.
  let most = 1;
  if (images.dtype !== "uint8") for (const value of images.data) most = Math.max(most, Number(value)); // prettier-ignore
  // Of one that is no number, or beyond all, the whole sheet would be black.
  const odd = Number.isFinite(most) ? -1 : images.data.findIndex((value: number | bigint) => Number.isNaN(value) || value === Infinity); // prettier-ignore
  if (odd >= 0) throw new CajalError("bad-argument", `contactSheet: image ${Math.floor(odd / (height * width * channels))} has the value ${images.data[odd]}, expected finite numbers.`, { index: odd }); // prettier-ignore
  const factor = images.dtype === "uint8" ? 1 : 255 / most;
  const size = height * width;
  for (let i = 0; i < n; i++) {
    const picture = tensor("uint8", [height, width, 3]);
    for (let p = 0; p < size; p++)
      for (let c = 0; c < 3; c++) {
        const value = Number(images.data[(i * size + p) * channels + (channels === 3 ? c : 0)]);
        picture.data[3 * p + c] = Math.min(255, Math.max(0, Math.round(value * factor)));
      }
    const large = resize(picture, { width: width * scale, height: height * scale, method: "nearest" }); // prettier-ignore
    const line = 3 * width * scale;
    const [top, left] = [gap + Math.floor(i / across) * cellHeight, gap + (i % across) * cellWidth];
    for (let y = 0; y < height * scale; y++)
      sheet.data.set(large.data.subarray(y * line, (y + 1) * line), 3 * ((top + y) * shape[1]! + left)); // prettier-ignore
  }
  return sheet;
}

/**
 * The first images of a dataset as one batch: those of different sizes, or large ones, become 64 pixels wide and high.
 *
 * @returns uint8 or the dataset's own type, `[n, height, width, 1 or 3]`
 * @throws CajalError `bad-shape` for a dataset whose x are no images
 */
export async function sampleImages(
  data: Dataset,
  options: {
    /** How many images, at most; default 100. */
    count?: number;
    /** Ends the reading between two images. */
    signal?: AbortSignal;
  } = {},
): Promise<Tensor> {
  checkArgument("sampleImages", "data", data, "object");
  checkArgument("sampleImages", "data.take", data.take, "function");
  checkOptions("sampleImages", options, { count: { whole: true, least: 1 }, signal: "signal" });
  const { count = 100, signal } = options;
  const images: Image[] = [];
  for await (const { x } of data
    .take(count)
    .batch(1)
    .batches({ ...(signal && { signal }) })) {
    const [, height, width, channels] = isTensor(x) ? x.shape : [];
    if (!isTensor(x) || x.shape.length !== 4 || !height || !width || (channels !== 1 && channels !== 3) || (x.dtype !== "uint8" && x.dtype !== "float32")) // prettier-ignore
      throw new CajalError("bad-shape", `sampleImages: got x ${isTensor(x) ? `${x.dtype} ${showShape(x.shape)}` : "of several tensors"}, expected images [1, height, width, 1 or 3], uint8 or float32.`, isTensor(x) ? { shape: x.shape } : {}); // prettier-ignore
    images.push({ dtype: x.dtype, shape: [height, width, channels], data: x.data } as Image);
  }
  const [first] = images;
  if (first === undefined) throw new CajalError("bad-shape", "sampleImages: the dataset is empty.");
  const alike = images.every(({ shape }) => shape.join() === first.shape.join());
  if (alike && Math.max(first.shape[0]!, first.shape[1]!) <= 128) return stackImages(images);
  const thumb = (image: Image) =>
    resize(image, { width: 64, height: 64, like: image.dtype === "uint8" ? "pillow" : "tensorflow", method: "bilinear", ...(image.dtype === "uint8" ? {} : { antialias: true }) }); // prettier-ignore
  return stackImages(images.map(thumb));
}
