// A map laid over its image.
import {
  CajalError,
  checkInteger,
  checkOptions,
  checkTensor,
  showShape,
  unknownName,
  type Tensor,
} from "@cajal/core";
import { resized } from "../methods/shared/resize";
import { colorMaps, type ColorMapName } from "./colorMaps";
import { emptyPicture, type Picture } from "./picture";

export interface OverlayOptions {
  /** Default: "diverging" where the map has negative numbers, else "heat". */
  readonly colors?: ColorMapName;
  /** How much of the colour is seen where the map is largest, 0 … 1. Default 0.75; 1 without an image. */
  readonly opacity?: number;
  /**
   * The number that has the last colour. Default: the 99.5th percentile of absolute values, so that one pixel does
   * not decide; the largest of class activation maps.
   */
  readonly range?: number;
  /** What pixels of the image go from and to. Default: its own least and largest number. */
  readonly pixels?: readonly [number, number];
  /** Which image of a batch. Default 0. */
  readonly index?: number;
}

export interface Overlay {
  readonly picture: Picture;
  /** What the colours stand for: from −range or 0 to range. */
  readonly legend: Legend;
}

export interface Legend {
  readonly colors: ColorMapName;
  readonly low: number;
  readonly high: number;
}

/**
 * The picture of a map on its image. Numbers near 0 leave the image as it is, in grey; a map that is 0 everywhere
 * gives the image alone.
 *
 * @param map [n, h, w], [n, h, w, c] (its channels are added) or [h, w], channels last
 * @param image of the same extents, [n, h, w, c] or [h, w, c]; undefined for the map alone
 * @throws CajalError `bad-shape`
 */
export function overlay(
  map: Tensor,
  image: Tensor | undefined,
  options: OverlayOptions = {},
): Overlay {
  checkOptions("overlay", options, ["colors", "opacity", "range", "pixels", "index"]);
  const { colors, opacity, range, pixels, index = 0 } = options;
  if (colors !== undefined && !Object.hasOwn(colorMaps, colors))
    throw unknownName("colour map", colors, Object.keys(colorMaps));
  const heat = planeOf(map, index);
  const under = image && greyOf(image, index, pixels);
  const { width, height } = under ?? heat;
  const values =
    heat.width === width && heat.height === height
      ? heat.values
      : resized(heat.values, [heat.height, heat.width], [height, width]);
  const signed = values.some((value) => value < 0);
  const name = colors ?? (signed ? "diverging" : "heat");
  const scale = colorMaps[name];
  const high = range ?? largest(values, map.shape.length >= 4);
  const strength = opacity ?? (under ? 0.75 : 1);
  const picture = emptyPicture(width, height);
  for (let i = 0; i < width * height; i++) {
    const value = high > 0 ? values[i]! / high : 0;
    const color = scale.at(value);
    // Of a map alone every number has its colour; on an image those near 0 let it through.
    const alpha = under ? strength * Math.min(1, Math.abs(value)) ** 0.5 : strength;
    const below = under ? under.values[i]! : 255;
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = alpha * color[c]! + (1 - alpha) * below;
    picture.data[4 * i + 3] = 255;
  }
  return { picture, legend: { colors: name, low: scale.signed ? -high : 0, high } };
}

/** The image itself, in its colours. */
export function pictureOf(
  image: Tensor,
  options: Pick<OverlayOptions, "pixels" | "index"> = {},
): Picture {
  checkOptions("pictureOf", options, ["pixels", "index"]);
  const { pixels, index = 0 } = options;
  const { values, width, height, channels } = imageOf(image, index);
  const [low, high] = pixels ?? extremes(values);
  const picture = emptyPicture(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = values[i * channels + (channels >= 3 ? c : 0)]!;
      picture.data[4 * i + c] = (255 * (value - low)) / (high - low || 1);
    }
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}

interface Plane {
  readonly values: ArrayLike<number> & { some(test: (value: number) => boolean): boolean };
  readonly width: number;
  readonly height: number;
}

function planeOf(map: Tensor, index: number): Plane {
  const { shape, data } = checked(map, index);
  const [height, width, channels] =
    shape.length === 2
      ? [shape[0]!, shape[1]!, 1]
      : shape.length === 3
        ? [shape[1]!, shape[2]!, 1]
        : [shape[1] ?? 0, shape[2] ?? 0, shape[3] ?? 0];
  const size = height * width * channels;
  if (shape.length < 2 || shape.length > 4 || (index + 1) * size > data.length || size === 0)
    throw new CajalError(
      "bad-shape",
      `overlay: got a map of ${showShape(shape)}, expected [n, h, w], [n, h, w, c] or [h, w] with image ${index}.`,
      { shape, index },
    );
  const values = new Float64Array(height * width);
  for (let i = 0; i < size; i++)
    values[Math.floor(i / channels)]! += Number(data[index * size + i]);
  return { values, width, height };
}

/** @throws CajalError `bad-argument`, `bad-shape` for what is no tensor */
function checked(heat: Tensor, index: number): Tensor {
  if (typeof heat !== "object" || heat === null)
    throw new CajalError("bad-argument", `overlay: got ${String(heat)}, expected a tensor.`);
  checkTensor(heat);
  checkInteger("overlay", "index", index, { least: 0 });
  return heat;
}

function imageOf(image: Tensor, index: number) {
  const { shape, data } = checked(image, index);
  const [height, width, channels] = shape.slice(-3) as [number, number, number];
  const size = height * width * channels;
  if (![3, 4].includes(shape.length) || (index + 1) * size > data.length)
    throw new CajalError(
      "bad-shape",
      `overlay: got an image of ${showShape(shape)}, expected [n, h, w, c] or [h, w, c] with image ${index}.`,
      { shape, index },
    );
  const values = Float32Array.from(
    data.slice(index * size, (index + 1) * size) as ArrayLike<number>,
    Number,
  );
  return { values, width, height, channels };
}

/** The image in greys, lighter than it is: colours stand out on it. */
function greyOf(image: Tensor, index: number, pixels: OverlayOptions["pixels"]) {
  const { data, width, height } = pictureOf(image, { index, ...(pixels && { pixels }) });
  const values = Float64Array.from({ length: width * height }, (_, i) => {
    const luma = 0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!;
    return 40 + (215 * luma) / 255;
  });
  return { values, width, height };
}

function extremes(values: Float32Array): readonly [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

function largest(values: ArrayLike<number>, robust: boolean): number {
  const sorted = Float64Array.from(values, Math.abs).toSorted();
  const at = robust ? Math.floor(0.995 * (sorted.length - 1)) : sorted.length - 1;
  return sorted[at]! || sorted.at(-1)!;
}
