import { checkInteger, checkOptions } from "@cajal/core";
import { cutout } from "../images/augment/flip";
import { extentsOf } from "../images/image";
import { changeImages } from "./changeImages";

/**
 * Covers a square of each image, its middle anywhere in the image (DeVries and Taylor 2017, arXiv:1708.04552).
 *
 * @param size side of the square in pixels
 * @param options.value that covers, default 0
 * @param options.seed places are those of `random(seed, "cutout", epoch, number of the example)`
 * @throws CajalError `bad-shape` on delivery, for x other than `[n, height, width, channels]`
 */
export function randomCutout(size: number, options: { seed: number; value?: number }) {
  checkInteger("randomCutout", "size", size, { least: 1, most: 2 ** 16 });
  checkOptions("randomCutout", options, { seed: true, value: {} });
  const { seed, value = 0 } = options;
  return changeImages("randomCutout", { seed, stream: "cutout" }, (image, numbers) => {
    const { width, height } = extentsOf(image);
    const half = Math.floor(size / 2);
    const [left, top] = [numbers.integer(width) - half, numbers.integer(height) - half];
    return cutout(image, { left, top, width: size, height: size, value });
  });
}
