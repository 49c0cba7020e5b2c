import { changeImages } from "./changeImages";

/**
 * Mirrors images left to right, each with probability ½ and other ones in every epoch, as Keras'
 * `RandomFlip("horizontal")`. For training images only, of things that look as well in a mirror.
 *
 * @param options.seed chance is that of `random(seed, "flip", epoch, index of the batch)`
 * @throws CajalError `bad-shape` on delivery, for x other than `[n, height, width, channels]`
 * @example train.map(randomFlip({ seed: 42 }))
 */
export function randomFlip(options: { seed: number }) {
  return changeImages(
    "randomFlip",
    { ...options, stream: "flip" },
    ({ source, target, n, height, width, channels }, numbers) => {
      target.set(source);
      const row = width * channels;
      for (let i = 0; i < n; i++) {
        if (numbers.integer(2) === 0) continue;
        for (let from = i * height * row; from < (i + 1) * height * row; from += row)
          for (let w = 0; w < width; w++)
            for (let c = 0; c < channels; c++)
              target[from + (width - 1 - w) * channels + c] = source[from + w * channels + c]!;
      }
    },
  );
}
