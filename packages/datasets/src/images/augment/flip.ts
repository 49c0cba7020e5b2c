import { CajalError, checkInteger, checkOptions, showValue, tensor } from "@cajal/core";
import { checkFill, checkImage, extentsOf, type Image } from "../image";

/** The image in a mirror: "horizontal" changes left and right over, "vertical" top and bottom. */
export function flip<I extends Image>(image: I, direction: "horizontal" | "vertical"): I {
  checkImage("flip", image);
  if (direction !== "horizontal" && direction !== "vertical")
    throw new CajalError("bad-argument", `flip: got ${showValue(direction)}, expected horizontal or vertical.`); // prettier-ignore
  const { height, width, channels } = extentsOf(image);
  const out = tensor(image.dtype, image.shape);
  const [source, target] = [image.data as Uint8Array, out.data as Uint8Array];
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    if (direction === "vertical") {
      target.set(source.subarray((height - 1 - y) * row, (height - y) * row), y * row);
      continue;
    }
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        target[y * row + x * channels + c] = source[y * row + (width - 1 - x) * channels + c]!;
  }
  return out as I;
}

/**
 * The image with a rectangle, cut to its edges, filled with one value (DeVries and Taylor 2017).
 *
 * @param options.left first column of the rectangle, also outside of the image
 * @param options.top first row of it
 * @param options.width its columns
 * @param options.height its rows
 * @param options.value of every channel there, default 0
 */
export function cutout<I extends Image>(
  image: I,
  options: { left: number; top: number; width: number; height: number; value?: number },
): I {
  checkImage("cutout", image);
  checkOptions("cutout", options, ["left", "top", "width", "height", "value"]);
  const { left, top, width, height, value = 0 } = options;
  for (const [name, each] of Object.entries({ left, top, width, height })) checkInteger("cutout", name, each); // prettier-ignore
  checkFill("cutout", "value", value, image);
  const extents = extentsOf(image);
  const out = tensor(image.dtype, image.shape, image.data.slice() as never) as I;
  const from = Math.max(0, left) * extents.channels;
  const to = Math.min(extents.width, left + width) * extents.channels;
  for (let y = Math.max(0, top); y < Math.min(extents.height, top + height); y++)
    if (to > from) out.data.fill(value, y * extents.width * extents.channels + from, y * extents.width * extents.channels + to); // prettier-ignore
  return out;
}
