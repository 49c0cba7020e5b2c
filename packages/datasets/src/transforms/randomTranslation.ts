import { checkInteger } from "@cajal/core";
import { changeImages } from "./changeImages";

/**
 * Moves each image by whole pixels, up or down and left or right, by other distances in every epoch; what
 * comes in from outside is 0, what goes out is lost. As Keras' `RandomTranslation` with fill mode
 * "constant"; or a random crop of images padded by as much, as CIFAR-10 is usually learned. For training
 * images only.
 *
 * @param most pixels that an image moves at most along either axis, a whole number; all distances up to it
 *   are equally likely
 * @param options.seed the distances are those of `random(seed, "translation", epoch, index of the batch)`
 * @throws CajalError `bad-shape` on delivery, for x other than `[n, height, width, channels]`
 * @example train.map(randomTranslation(4, { seed: 42 }))
 */
export function randomTranslation(most: number, options: { seed: number }) {
  checkInteger("randomTranslation", "most", most, { least: 0 });
  return changeImages(
    "randomTranslation",
    { ...options, stream: "translation" },
    ({ source, target, n, height, width, channels }, numbers) => {
      const distance = () => numbers.integer(2 * most + 1) - most;
      const row = width * channels;
      for (let i = 0; i < n; i++) {
        const [down, right] = [distance(), distance()];
        if (Math.abs(right) >= width) continue;
        const kept = (width - Math.abs(right)) * channels;
        for (let h = Math.max(0, down); h < Math.min(height, height + down); h++) {
          const from = (i * height + h - down) * row + Math.max(0, -right) * channels;
          const to = (i * height + h) * row + Math.max(0, right) * channels;
          target.set(source.subarray(from, from + kept), to);
        }
      }
    },
  );
}
