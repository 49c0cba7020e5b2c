// Cuts out of images and pads around them; where a crop in the middle begins.
import { CajalError, checkInteger, checkOptions, showValue, tensor } from "@cajal/core";
import { checkImage, extentsOf, fillsOf, type Image, type ImageSize } from "./image";
import { halfEven } from "./kernels/tensorflow";

/**
 * A part of the image.
 *
 * @param options.left its first column; it must lie within the image
 * @param options.top its first row
 * @throws CajalError `bad-argument`
 */
export function crop<I extends Image>(
  image: I,
  options: ImageSize & { readonly left: number; readonly top: number },
): I {
  checkOptions("crop", options, ["left", "top", "width", "height"]);
  checkImage("crop", image);
  const { left, top, width, height } = options;
  const extents = extentsOf(image);
  checkInteger("crop", "width", width, { least: 1, most: extents.width });
  checkInteger("crop", "height", height, { least: 1, most: extents.height });
  checkInteger("crop", "left", left, { least: 0, most: extents.width - width });
  checkInteger("crop", "top", top, { least: 0, most: extents.height - height });
  const { channels } = extents;
  const out = tensor(image.dtype, [height, width, channels]);
  const [source, target] = [image.data as Uint8Array, out.data as Uint8Array];
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * extents.width + left) * channels;
    target.set(source.subarray(from, from + width * channels), y * width * channels);
  }
  return out as I;
}

export interface PadOptions {
  /** Pixels on each side, default 0. */
  readonly left?: number;
  /** Pixels above, default 0. */
  readonly top?: number;
  /** Pixels on the right, default 0. */
  readonly right?: number;
  /** Pixels below, default 0. */
  readonly bottom?: number;
  /**
   * What comes around: `constant` (default), `edge` repeats the last pixel, `reflect` mirrors without it,
   * `symmetric` with it.
   */
  readonly mode?: "constant" | "edge" | "reflect" | "symmetric";
  /** Of `constant`, default 0; one number, or one a channel, in a list or typed array. */
  readonly value?: number | ArrayLike<number>;
}

/** What may come around an image. */
export const padModes = ["constant", "edge", "reflect", "symmetric"] as const;

/** Where a position outside 0 … n − 1 reads, by mode. */
const folds: Readonly<Record<string, (i: number, n: number) => number>> = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i, n) => {
    if (n === 1) return 0;
    const at = (((i % (2 * n - 2)) + 2 * n - 2) % (2 * n - 2)) | 0;
    return at < n ? at : 2 * n - 2 - at;
  },
  symmetric: (i, n) => {
    const at = ((i % (2 * n)) + 2 * n) % (2 * n);
    return at < n ? at : 2 * n - 1 - at;
  },
};

/**
 * The image with a border, as NumPy's and torchvision's `pad`.
 *
 * @throws CajalError `bad-argument`
 */
export function pad<I extends Image>(image: I, options: PadOptions): I {
  checkOptions("pad", options, ["left", "top", "right", "bottom", "mode", "value"]);
  checkImage("pad", image);
  const { left = 0, top = 0, right = 0, bottom = 0, mode = "constant", value = 0 } = options;
  for (const [name, each] of Object.entries({ left, top, right, bottom }))
    checkInteger("pad", name, each, { least: 0, most: 2 ** 16 });
  const fold = Object.hasOwn(folds, mode) ? folds[mode] : undefined;
  if (!padModes.includes(mode))
    throw new CajalError("bad-argument", `pad: got mode ${showValue(mode)}, expected constant, edge, reflect or symmetric.`, { mode }); // prettier-ignore
  const extents = extentsOf(image);
  const { channels } = extents;
  const values = fillsOf("pad", "value", value, image);
  const [width, height] = [extents.width + left + right, extents.height + top + bottom];
  const out = tensor(image.dtype, [height, width, channels]);
  const [source, target] = [image.data as Uint8Array, out.data as Uint8Array];
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to += channels) {
      const inside = y >= top && y < top + extents.height && x >= left && x < left + extents.width;
      if (!inside && fold === undefined) {
        for (let c = 0; c < channels; c++) target[to + c] = values[c]!;
        continue;
      }
      const row = inside ? y - top : fold!(y - top, extents.height);
      const column = inside ? x - left : fold!(x - left, extents.width);
      const from = (row * extents.width + column) * channels;
      for (let c = 0; c < channels; c++) target[to + c] = source[from + c]!;
    }
  return out as I;
}

/**
 * The middle of the image.
 *
 * Where the rest is odd, tools differ by a pixel: `floor` begins at the smaller place (Keras' CenterCrop,
 * and how the accuracies of the Keras table were measured), `half-even` at `round((W − w) / 2)` with halves
 * to the even number (torchvision's). An image too small is padded with zeros, as torchvision does, under
 * `half-even`, and refused under `floor`.
 *
 * @param options.rounding default "floor"
 * @throws CajalError `bad-argument`
 */
export function centerCrop<I extends Image>(
  image: I,
  options: ImageSize & { readonly rounding?: "floor" | "half-even" },
): I {
  checkOptions("centerCrop", options, ["width", "height", "rounding"]);
  checkImage("centerCrop", image);
  const { width, height, rounding = "floor" } = options;
  checkInteger("centerCrop", "width", width, { least: 1 });
  checkInteger("centerCrop", "height", height, { least: 1 });
  if (rounding !== "floor" && rounding !== "half-even")
    throw new CajalError("bad-argument", `centerCrop: got rounding ${showValue(rounding)}, expected floor or half-even.`, { rounding }); // prettier-ignore
  let from = image;
  const missing = (own: number, extent: number) => Math.max(0, extent - own);
  if (rounding === "half-even") {
    const across = missing(extentsOf(from).width, width);
    const down = missing(extentsOf(from).height, height);
    if (across > 0 || down > 0)
      from = pad(from, {
        left: Math.floor(across / 2),
        right: Math.ceil(across / 2),
        top: Math.floor(down / 2),
        bottom: Math.ceil(down / 2),
      });
  }
  const extents = extentsOf(from);
  return crop(from, {
    width,
    height,
    left: centerBegin(extents.width - width, rounding),
    top: centerBegin(extents.height - height, rounding),
  });
}

/** How much of what is left over comes first. */
export const centerBegin = (rest: number, rounding: "floor" | "half-even"): number =>
  rounding === "floor" ? Math.floor(rest / 2) : halfEven(rest / 2);

/**
 * The size with the short side `side` long and the long side in proportion, cut to whole pixels:
 * torchvision's `Resize(side)`, and the published recipe of Keras' accuracies.
 *
 * @example shortSideSize({ width: 500, height: 375 }, 256) // { width: 341, height: 256 }
 */
export function shortSideSize(size: ImageSize, side: number): ImageSize {
  checkOptions("shortSideSize", size, ["width", "height"]);
  const { width, height } = size;
  checkInteger("shortSideSize", "width", width, { least: 1 });
  checkInteger("shortSideSize", "height", height, { least: 1 });
  checkInteger("shortSideSize", "side", side, { least: 1 });
  const short = Math.min(width, height);
  return {
    width: Math.floor((width * side) / short),
    height: Math.floor((height * side) / short),
  };
}
