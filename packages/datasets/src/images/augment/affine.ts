// What Keras' RandomRotation, RandomTranslation and RandomZoom do to an image for a given draw: an affine map of
// pixel indices, in float32, as TensorFlow's ImageProjectiveTransformV3 reads it.
import {
  CajalError,
  checkArgument,
  checkInteger,
  checkNumber,
  checkOptions,
  optionsOf,
  tensor,
} from "@cajal/core";
import { checkImage, extentsOf, type Image, type ImageSize } from "../image";

const f32 = Math.fround;

/** Input (x', y') = (a x + b y + c, d x + e y + f) of output pixel (x, y). */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** About the middle of the pixel indices, counter-clockwise. */
export function rotation(degrees: number, size: ImageSize): Affine {
  checkNumber("rotation", "degrees", degrees);
  const { width, height } = checkedSize("rotation", size);
  const t = f32(f32(degrees) * f32(Math.PI / 180));
  const [cos, sin] = [f32(Math.cos(t)), f32(Math.sin(t))];
  const [cx, cy] = [f32(0.5 * (width - 1)), f32(0.5 * (height - 1))];
  const c = f32(f32(cx - f32(cx * cos)) - f32(cy * -sin));
  const f = f32(f32(cy - f32(cx * sin)) - f32(cy * cos));
  return [cos, -sin, c, sin, cos, f];
}

/** By shares of the size: 0.2 moves what is shown by a fifth of the width to the right, or the height down. */
export function translation(shares: { right?: number; down?: number }, size: ImageSize): Affine {
  checkOptions("translation", shares, ["right", "down"]);
  const { right = 0, down = 0 } = shares;
  checkNumber("translation", "right", right);
  checkNumber("translation", "down", down);
  const { width, height } = checkedSize("translation", size);
  return [1, 0, -f32(f32(right) * f32(width)), 0, 1, -f32(f32(down) * f32(height))];
}

/** By 1 + factor of what is taken in: 0.3 shows more, and so all smaller; −0.3 less. */
export function zoom(factors: { across: number; down: number }, size: ImageSize): Affine {
  checkOptions("zoom", factors, ["across", "down"]);
  const { across, down } = factors;
  checkNumber("zoom", "across", across);
  checkNumber("zoom", "down", down);
  const { width, height } = checkedSize("zoom", size);
  const [zx, zy] = [f32(1 + across), f32(1 + down)];
  return [zx, 0, f32(f32((width - 1) / 2) * f32(1 - zx)), 0, zy, f32(f32((height - 1) / 2) * f32(1 - zy))]; // prettier-ignore
}

/** The extents of an image, which may have more to it. */
function checkedSize(where: string, size: ImageSize): ImageSize {
  checkArgument(where, "size", size, "object");
  checkInteger(where, "width", size.width, { least: 1 });
  checkInteger(where, "height", size.height, { least: 1 });
  return size;
}

const clamp = (p: number, size: number) => Math.min(Math.max(p, 0), size - 1);

/** Where a coordinate outside lands. */
const folds = {
  constant: (p: number) => p,
  nearest: clamp,
  reflect(p: number, size: number) {
    const two = 2 * size;
    if (p < 0) {
      if (size <= 1) return 0;
      const q = p < two ? two * Math.trunc(-p / two) + p : p;
      return clamp(q < -size ? q + two : -q - 1, size);
    }
    if (p > size - 1) {
      if (size <= 1) return 0;
      const q = p - two * Math.trunc(p / two);
      return clamp(q >= size ? two - q - 1 : q, size);
    }
    return p;
  },
  wrap(p: number, size: number) {
    if (size <= 1) return 0;
    if (p < 0) return clamp(p + size * (Math.trunc(-p / (size - 1)) + 1), size);
    if (p > size - 1) return clamp(p - size * Math.trunc(p / (size - 1)), size);
    return p;
  },
};

export interface AffineOptions {
  /** Default "reflect", as Keras'. */
  readonly fillMode?: "reflect" | "wrap" | "nearest" | "constant";
  /** Of "constant", default 0. */
  readonly fillValue?: number;
  /** Default "bilinear". */
  readonly interpolation?: "bilinear" | "nearest";
}

/** Kinds of these options, for what is drawn later, too. */
export const affineOptions = optionsOf<AffineOptions>({
  fillMode: Object.keys(folds),
  fillValue: {},
  interpolation: ["bilinear", "nearest"],
});

/**
 * The image read through an affine map, as Keras' random layers do.
 *
 * @param map `rotation(…)`, `translation(…)`, `zoom(…)`, or any
 * @returns float32 of the same shape
 * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name` (fillMode, interpolation)
 * @example affine(image, rotation(15, { width: 224, height: 224 }))
 */
export function affine(image: Image, map: Affine, options: AffineOptions = {}): Image<"float32"> {
  checkImage("affine", image);
  checkOptions("affine", options, affineOptions);
  const { fillMode = "reflect", fillValue = 0, interpolation = "bilinear" } = options;
  const fold = folds[fillMode];
  if (!Array.isArray(map) || map.length !== 6 || !map.every(Number.isFinite))
    throw new CajalError("bad-argument", "affine: expected a map of six finite numbers.");
  const { width, height, channels } = extentsOf(image);
  const { data: source } = image;
  const out = tensor("float32", image.shape);
  const m = map.map(f32) as [number, number, number, number, number, number];
  const read = (y: number, x: number, c: number) =>
    y >= 0 && y < height && x >= 0 && x < width ? source[(y * width + x) * channels + c]! : fillValue; // prettier-ignore
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to += channels) {
      const at = (k: number) => f32(f32(f32(m[k]! * x) + f32(m[k + 1]! * y)) + m[k + 2]!);
      const px = f32(fold(at(0), width));
      const py = f32(fold(at(3), height));
      if (interpolation === "nearest") {
        const away = (p: number) => Math.floor(Math.abs(p) + 0.5) * (p >= 0 ? 1 : -1);
        for (let c = 0; c < channels; c++) out.data[to + c] = read(away(py), away(px), c);
        continue;
      }
      const x0 = Math.floor(px);
      const y0 = Math.floor(py);
      const fx = px - x0;
      const fy = py - y0;
      for (let c = 0; c < channels; c++)
        out.data[to + c] =
          (1 - fy) * ((1 - fx) * read(y0, x0, c) + fx * read(y0, x0 + 1, c)) +
          fy * ((1 - fx) * read(y0 + 1, x0, c) + fx * read(y0 + 1, x0 + 1, c));
    }
  return out;
}
