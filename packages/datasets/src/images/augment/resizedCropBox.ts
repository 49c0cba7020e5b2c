import { CajalError, checkArgument, checkInteger, checkOptions, showValue } from "@cajal/core";
import type { ImageSize } from "../image";
import { halfEven } from "../kernels/tensorflow";

export interface ResizedCropOptions {
  /**
   * Share of the image's area, from … to; default 0.08 … 1. What is drawn above 1 does not fit, and is drawn again, as
   * torchvision does.
   */
  readonly scale?: readonly [least: number, most: number];
  /** Width by height, from … to, above 0; default 3/4 … 4/3. */
  readonly ratio?: readonly [least: number, most: number];
}

/**
 * Checks the bounds, which are drawn from later.
 *
 * @throws CajalError `bad-argument`
 */
export function checkBounds(where: string, { scale, ratio }: ResizedCropOptions): void {
  const isRange = (range: unknown, isWithin: (value: number) => boolean) =>
    Array.isArray(range) && range.length === 2 && range.every((each) => Number.isFinite(each) && isWithin(each)) && range[0] <= range[1]; // prettier-ignore
  const show = (range: unknown) => (Array.isArray(range) ? `[${range.map(showValue).join(", ")}]` : showValue(range)); // prettier-ignore
  if (scale !== undefined && !(isRange(scale, (value) => value >= 0) && scale[1] > 0))
    throw new CajalError("bad-argument", `${where}: got scale ${show(scale)}, expected shares of the area [least, most], at least 0 and the most above it, such as [0.08, 1].`, { scale }); // prettier-ignore
  if (ratio !== undefined && !isRange(ratio, (value) => value > 0))
    throw new CajalError("bad-argument", `${where}: got ratio ${show(ratio)}, expected width by height [least, most] above 0, such as [3 / 4, 4 / 3].`, { ratio }); // prettier-ignore
}

/** What is drawn: uniform numbers in [0, 1), and whole ones below a bound. */
export interface Draws {
  float(): number;
  integer(bound: number): number;
}

/**
 * The part of an image that torchvision's RandomResizedCrop takes (Szegedy et al. 2015): up to ten times an area and a
 * ratio, even in its logarithm, are drawn; the first that fits is placed anywhere. If none fits, the largest part in
 * the middle within the bounds of the ratio.
 */
export function resizedCropBox(
  size: ImageSize,
  draws: Draws,
  options: ResizedCropOptions = {},
): ImageSize & { left: number; top: number } {
  checkArgument("resizedCropBox", "size", size, "object");
  checkArgument("resizedCropBox", "draws", draws, "object");
  checkArgument("resizedCropBox", "draws.float", draws.float, "function");
  checkArgument("resizedCropBox", "draws.integer", draws.integer, "function");
  const { width, height } = size;
  checkOptions("resizedCropBox", options, ["scale", "ratio"]);
  checkBounds("resizedCropBox", options);
  checkInteger("resizedCropBox", "width", width, { least: 1 });
  checkInteger("resizedCropBox", "height", height, { least: 1 });
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  const between = ([least, most]: readonly [number, number]) => least + (most - least) * draws.float(); // prettier-ignore
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = between(scale);
    const shape = Math.exp(between([Math.log(ratio[0]), Math.log(ratio[1])]));
    const box = boxOf({ width, height }, area, shape);
    if (box.width > 0 && box.width <= width && box.height > 0 && box.height <= height) {
      const top = draws.integer(height - box.height + 1);
      return { ...box, top, left: draws.integer(width - box.width + 1) };
    }
  }
  return fallbackBox({ width, height }, ratio);
}

/** Sides of a part of this share of the area and ratio, halves to the even number. */
export const boxOf = ({ width, height }: ImageSize, area: number, ratio: number): ImageSize => ({
  width: halfEven(Math.sqrt(width * height * area * ratio)),
  height: halfEven(Math.sqrt((width * height * area) / ratio)),
});

export function fallbackBox({ width, height }: ImageSize, ratio: readonly [number, number]) {
  const [low, high] = [Math.min(...ratio), Math.max(...ratio)];
  const box = { width, height };
  if (width / height < low) box.height = halfEven(width / low);
  else if (width / height > high) box.width = halfEven(height * high);
  return {
    ...box,
    top: Math.floor((height - box.height) / 2),
    left: Math.floor((width - box.width) / 2),
  };
}
