import { checkOptions } from "@cajal/core";
import { flip } from "../images/augment/flip";
import { changeImages, pixelLabels, type PixelLabels } from "./changeImages";

/**
 * Mirrors images, each with probability ½ and other ones in every epoch, as Keras' `RandomFlip`. For training images
 * only, of things that look as well in a mirror.
 *
 * @param options.seed chance is that of `random(seed, "flip", epoch, number of the example)`
 * @param options.direction left to right, the default; top to bottom; or each of the two by a chance of its own
 * @param options.y what y of each pixel are, see {@link PixelLabels}
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for y of each
 *   pixel, unless `y` says what they are
 * @example train.map(randomFlip({ seed: 42 }))
 */
export function randomFlip(
  options: Pick<PixelLabels, "y"> & {
    seed: number;
    direction?: "horizontal" | "vertical" | "both";
  },
) {
  checkOptions("randomFlip", options, {
    y: pixelLabels.y,
    seed: true,
    direction: ["horizontal", "vertical", "both"],
  });
  const { seed, direction = "horizontal", y } = options;
  const directions = direction === "both" ? (["horizontal", "vertical"] as const) : [direction];
  return changeImages("randomFlip", { seed, stream: "flip", moves: { y } }, (image, numbers) => {
    let flipped = image;
    for (const each of directions) if (numbers.integer(2) === 1) flipped = flip(flipped, each);
    return flipped;
  });
}
