import { checkInteger, checkOptions } from "@cajal/core";
import { crop, pad, padModes, type PadOptions } from "../images/crop";
import { extentsOf } from "../images/image";
import { changeImages, pixelLabels, type PixelLabels } from "./changeImages";

/**
 * Moves each image by whole pixels, up or down and left or right, by other distances in every epoch: a random crop of
 * the image padded by as much, as CIFAR-10 is usually learned (`RandomCrop(32, padding=4)`); with "constant" also
 * Keras' `RandomTranslation`. What goes out is lost. For training images only.
 *
 * @param most pixels that an image moves at most along either axis, a whole number; all distances up to it
 *   are equally likely
 * @param options.seed the distances are those of `random(seed, "translation", epoch, number of the example)`
 * @param options.mode what comes in from outside, see pad; default "constant", of 0
 * @param options.y what y of each pixel are, see {@link PixelLabels}
 * @param options.maskFill what comes into masks from outside
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for y of each
 *   pixel, unless `y` says what they are
 * @example train.map(randomTranslation(4, { seed: 42 }))
 */
export function randomTranslation(
  most: number,
  options: PixelLabels & { seed: number; mode?: PadOptions["mode"] },
) {
  checkInteger("randomTranslation", "most", most, { least: 0, most: 2 ** 12 });
  checkOptions("randomTranslation", options, { ...pixelLabels, seed: true, mode: padModes });
  const { seed, mode = "constant", y, maskFill } = options;
  return changeImages(
    "randomTranslation",
    { seed, stream: "translation", moves: { y, maskFill } },
    (image, numbers, role) => {
      const { width, height } = extentsOf(image);
      const [top, left] = [numbers.integer(2 * most + 1), numbers.integer(2 * most + 1)];
      const padded = pad(image, {
        left: most,
        right: most,
        top: most,
        bottom: most,
        mode,
        ...(role === "mask" && { value: maskFill ?? 0 }),
      });
      return crop(padded, { left, top, width, height });
    },
  );
}
