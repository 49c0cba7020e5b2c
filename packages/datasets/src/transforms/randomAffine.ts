// Keras' RandomRotation and RandomZoom, drawn for each example anew.
import { checkNumber, checkOptions, optionsOf } from "@cajal/core";
import {
  affine,
  affineOptions,
  rotation,
  zoom,
  type AffineOptions,
} from "../images/augment/affine";
import { extentsOf } from "../images/image";
import { changeImages, pixelLabels, type PixelLabels, type Role } from "./changeImages";

export interface RandomAffineOptions extends AffineOptions, PixelLabels {
  /** What is drawn follows from it, the epoch and the number of the example. */
  readonly seed: number;
}

const options = optionsOf<RandomAffineOptions>({
  ...affineOptions,
  ...pixelLabels,
  seed: { whole: true },
});

/** How an image is read, and how a mask. */
function readingOf(settings: RandomAffineOptions, role: Role): AffineOptions {
  const { fillMode, fillValue, interpolation, maskFill = 0 } = settings;
  const mode = fillMode && { fillMode };
  if (role === "mask") return { ...mode, fillValue: maskFill, interpolation: "nearest" };
  return {
    ...mode,
    ...(fillValue !== undefined && { fillValue }),
    ...(interpolation && { interpolation }),
  };
}

/**
 * Rotates each image about its centre by a random angle of up to `degrees` to either side, as Keras'
 * `RandomRotation(degrees / 360)`.
 * x becomes float32.
 *
 * @param degrees at most, 0 … 180
 * @param settings.seed angles are those of `random(seed, "rotation", epoch, number of the example)`
 * @param settings.y what y of each pixel are, see {@link PixelLabels}
 * @param settings.maskFill what comes into masks from outside
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for y of each
 *   pixel, unless `y` says what they are
 */
export function randomRotation(degrees: number, settings: RandomAffineOptions) {
  checkNumber("randomRotation", "degrees", degrees, { least: 0, most: 180 });
  checkOptions("randomRotation", settings, options);
  const { seed, y, maskFill } = settings;
  return changeImages<"float32">(
    "randomRotation",
    { seed, stream: "rotation", moves: { y, maskFill } },
    (image, numbers, role) =>
      affine(
        image,
        rotation((2 * numbers.float() - 1) * degrees, extentsOf(image)),
        readingOf(settings, role),
      ),
  );
}

/**
 * Shows each image smaller or larger by up to a share, the same along both axes, as Keras' `RandomZoom(factor)`.
 * x becomes float32.
 *
 * @param factor at most, 0 … 1, below 1; positive draws take in more and so show it smaller
 * @param settings.seed factors are those of `random(seed, "zoom", epoch, number of the example)`
 * @param settings.y what y of each pixel are, see {@link PixelLabels}
 * @param settings.maskFill what comes into masks from outside
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for y of each
 *   pixel, unless `y` says what they are
 */
export function randomZoom(factor: number, settings: RandomAffineOptions) {
  checkNumber("randomZoom", "factor", factor, { least: 0, most: 0.999 });
  checkOptions("randomZoom", settings, options);
  const { seed, y, maskFill } = settings;
  return changeImages<"float32">(
    "randomZoom",
    { seed, stream: "zoom", moves: { y, maskFill } },
    (image, numbers, role) => {
      const drawn = (2 * numbers.float() - 1) * factor;
      return affine(
        image,
        zoom({ across: drawn, down: drawn }, extentsOf(image)),
        readingOf(settings, role),
      );
    },
  );
}
