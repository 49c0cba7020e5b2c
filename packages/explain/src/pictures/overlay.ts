// A map laid over its image.
import {
  CajalError,
  checkNumber,
  checkOptions,
  checkTensor,
  optionsOf,
  showShape,
  showValue,
  type Tensor,
} from "@cajal/core";
import { resized } from "../methods/shared/resize";
import { checkFinite } from "../network/images";
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

const overlayOptions = optionsOf<OverlayOptions>({
  colors: Object.keys(colorMaps),
  opacity: { least: 0, most: 1 },
  range: { least: 0 },
  pixels: "array",
  index: { whole: true, least: 0 },
});

/**
 * The picture of a map on its image. Numbers near 0 leave the image as it is, in grey; a map that is 0 everywhere
 * gives the image alone.
 *
 * @param map [n, h, w], [n, h, w, c] (its channels are added) or [h, w], channels last
 * @param image of the same extents, or of larger ones, to which the map is enlarged, [n, h, w, c] or [h, w, c]; undefined for the map alone
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export function overlay(
  map: Tensor,
  image: Tensor | undefined,
  options: OverlayOptions = {},
): Overlay {
  checkOptions("overlay", options, overlayOptions);
  const { colors, opacity, range, pixels, index = 0 } = options;
  const heat = planeOf(map, index);
  const under = image && greyOf(image, index, pixels);
  const { width, height } = under ?? heat;
  if (heat.width > width || heat.height > height)
    throw new CajalError(
      "bad-shape",
      `overlay: got a map of ${heat.height} × ${heat.width} for an image of ${height} × ${width}, expected one no larger: overlay(map, image).`,
      { map: map.shape, image: image?.shape },
    );
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
  const { pixels: pixelsKind, index: indexKind } = overlayOptions;
  checkOptions("pictureOf", options, { pixels: pixelsKind, index: indexKind });
  const { pixels, index = 0 } = options;
  if (pixels && pixels.length !== 2)
    throw new CajalError(
      "bad-argument",
      `pictureOf: got ${showValue(pixels)} as pixels, expected two numbers, what pixels go from and to.`,
      { pixels },
    );
  pixels?.forEach((each) => checkNumber("pictureOf", "pixels", each));
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
  checkTensor(map, "overlay: map");
  const { shape, data } = map;
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
  checkFinite("overlay: map", values);
  return { values, width, height };
}

function imageOf(image: Tensor, index: number) {
  checkTensor(image, "overlay: image");
  const { shape, data } = image;
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
  checkFinite("overlay: image", values);
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
