// Brightness, contrast, saturation, hue and grey, as torchvision's adjust_* does them on PIL images and on tensors
// (pytorch/vision: transforms/_functional_tensor.py; Pillow: Blend.c, Convert.c, ImageEnhance.py).
import { CajalError, checkNumber, checkOptions, tensor, unknownName } from "@cajal/core";
import { checkImage, extentsOf, type Image } from "../image";

const f32 = Math.fround;

/** On a PIL image, uint8; on a tensor, uint8 or float32 0 … 1. */
export type ColourLibrary = "pillow" | "torch";

const operations = ["brightness", "contrast", "saturation", "hue", "grayscale"] as const;

/** What is changed. */
export type ColourOperation = (typeof operations)[number];

/**
 * The image with its colours changed by a factor.
 *
 * @param image uint8 0 … 255, or float32 0 … 1, `[height, width, 3]`; of float32 what resizing overshoots by is taken, too
 * @param operation brightness, contrast and saturation blend with black, the mean grey and the image's own grey:
 *   factor 0 gives these, 1 the image, 2 twice the difference; hue turns by the factor −0.5 … 0.5 of the circle;
 *   grayscale takes none
 * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name`
 */
export function adjustColour<I extends Image>(
  image: I,
  operation: ColourOperation,
  factor = 1,
  options: {
    /** "torch", the default, or "pillow", which takes uint8 alone. */
    like?: ColourLibrary;
  } = {},
): I {
  checkOptions("adjustColour", options, ["like"]);
  const { like = "torch" } = options;
  checkImage("adjustColour", image, like === "pillow" ? ["uint8"] : ["uint8", "float32"]);
  if (!operations.includes(operation)) throw unknownName("colour operation", operation, operations);
  if (like !== "pillow" && like !== "torch") throw unknownName("library to adjust colour like", like, ["pillow", "torch"]); // prettier-ignore
  const isHue = operation === "hue";
  checkNumber("adjustColour", "factor", factor, isHue ? { least: -0.5, most: 0.5 } : { least: 0, most: 1e4 }); // prettier-ignore
  if (extentsOf(image).channels !== 3)
    throw new CajalError("bad-shape", `adjustColour: got an image of ${extentsOf(image).channels} channels, expected red, green and blue.`, { shape: image.shape }); // prettier-ignore
  const { data } = image;
  const bytes = image.dtype === "uint8";
  if (!bytes) checkUnit(data as Float32Array);
  const out = tensor(image.dtype, image.shape) as I;
  const to = out.data;
  if (isHue) {
    const turn = like === "pillow" ? pillowHue : tensorHue(bytes);
    for (let i = 0; i < data.length; i += 3) turn(data, i, factor, to);
    return out;
  }
  const greyAt = like === "pillow" ? pillowGrey : bytes ? byteGrey : floatGrey;
  // Brightness needs none.
  const grey = new Float32Array(operation === "brightness" ? 0 : data.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = greyAt(data, 3 * i);
  if (operation === "grayscale") {
    for (let i = 0; i < data.length; i++) to[i] = grey[Math.floor(i / 3)]!;
    return out;
  }
  let base = 0;
  if (operation === "contrast") {
    const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
    base = like === "pillow" ? Math.trunc(mean + 0.5) : f32(mean);
  }
  const [own, rest] = [f32(factor), f32(1 - factor)];
  for (let i = 0; i < data.length; i++) {
    const other = operation === "saturation" ? grey[Math.floor(i / 3)]! : base;
    if (like === "pillow") {
      const blended = factor === 1 ? data[i]! : f32(other + f32(own * f32(data[i]! - other)));
      to[i] = Math.min(255, Math.max(0, Math.trunc(blended)));
    } else {
      const blended = f32(f32(own * data[i]!) + f32(rest * other));
      to[i] = bytes ? Math.trunc(Math.min(255, Math.max(0, blended))) : Math.min(1, Math.max(0, blended)); // prettier-ignore
    }
  }
  return out;
}

/** Cubic and Lanczos kernels overshoot 0 … 1 by less. */
const [least, most] = [-0.25, 1.25];

/** Of float32: pixels 0 … 255 would all become white, and standardized ones other colours. */
function checkUnit(data: Float32Array): void {
  let i = 0;
  // Of NaN both are false.
  while (i < data.length && data[i]! >= least && data[i]! <= most) i++;
  if (i < data.length)
    throw new CajalError("bad-argument", `adjustColour: got a float32 image with the value ${data[i]}, expected 0 … 1. Rescale it first: map(rescale(1 / 255)), and standardize after the colours are changed.`, { value: data[i] }); // prettier-ignore
}

type Pixels = Uint8Array | Float32Array;

const pillowGrey = (p: Pixels, i: number) =>
  (19595 * p[i]! + 38470 * p[i + 1]! + 7471 * p[i + 2]! + 32768) >> 16;

const floatGrey = (p: Pixels, i: number) =>
  f32(f32(f32(f32(0.2989) * p[i]!) + f32(f32(0.587) * p[i + 1]!)) + f32(f32(0.114) * p[i + 2]!));

const byteGrey = (p: Pixels, i: number) => Math.trunc(floatGrey(p, i));

/** The six parts of the colour circle: which of v, p, q and t are red, green and blue. */
const sectors = [[0, 3, 1], [2, 0, 1], [1, 0, 3], [1, 2, 0], [3, 1, 0], [0, 1, 2]] as const; // prettier-ignore

/** In hue, saturation and value of 8 bits, so that even factor 0 changes pixels. */
function pillowHue(p: Pixels, at: number, factor: number, to: Pixels): void {
  const [r, g, b] = [p[at]!, p[at + 1]!, p[at + 2]!];
  const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
  let [hue, saturation] = [0, 0];
  if (high > low) {
    const c = f32(high - low);
    const [rc, gc, bc] = [r, g, b].map((each) => f32(f32(high - each) / c)) as [number, number, number]; // prettier-ignore
    const h = f32(r === high ? f32(bc - gc) : g === high ? 2 + rc - bc : 4 + gc - rc);
    hue = Math.trunc(f32((h / 6 + 1) % 1) * 255);
    saturation = Math.trunc(f32(c / high) * 255);
  }
  hue = (Math.min(255, Math.max(0, hue)) + Math.trunc(factor * 255)) & 255;
  const sector = Math.floor((hue * 6) / 255);
  const f = f32((hue * 6) / 255 - sector);
  const s = f32(saturation / 255);
  const round = (value: number) => Math.min(255, Math.max(0, Math.floor(value + 0.5)));
  const values = [high, round(high * (1 - s)), round(high * (1 - f32(s * f))), round(high * (1 - s * (1 - f)))]; // prettier-ignore
  sectors[sector % 6]!.forEach((which, c) => (to[at + c] = saturation === 0 ? high : values[which]!)); // prettier-ignore
}

const tensorHue =
  (bytes: boolean) =>
  (p: Pixels, at: number, factor: number, to: Pixels): void => {
    const [r, g, b] = [0, 1, 2].map((c) => (bytes ? f32(p[at + c]! / 255) : p[at + c]!)) as [number, number, number]; // prettier-ignore
    const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
    const flat = high === low;
    const c = f32(high - low);
    const s = f32(c / (flat ? 1 : high));
    const [rc, gc, bc] = [r, g, b].map((each) => f32(f32(high - each) / (flat ? 1 : c))) as [number, number, number]; // prettier-ignore
    let h = high === r ? f32(bc - gc) : high === g ? f32(f32(2 + rc) - bc) : f32(f32(4 + gc) - rc);
    h = f32(f32(f32(h / 6) + 1) % 1);
    h = f32(h + f32(factor));
    h = f32(h - Math.floor(h));
    const sector = Math.floor(f32(h * 6));
    const f = f32(f32(h * 6) - sector);
    const unit = (value: number) => Math.min(1, Math.max(0, value));
    const values = [
      high,
      unit(f32(high * f32(1 - s))),
      unit(f32(high * f32(1 - f32(s * f)))),
      unit(f32(high * f32(1 - f32(s * f32(1 - f))))),
    ];
    sectors[sector % 6]!.forEach((which, k) => {
      to[at + k] = bytes ? Math.trunc(f32(values[which]! * f32(255 + 1 - 1e-3))) : values[which]!;
    });
  };
