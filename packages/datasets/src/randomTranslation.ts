import { type Batch, CajalError, type DType, random, showShape, tensor } from "@cajal/core";
import type { BatchContext } from "./dataset";

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
export function randomTranslation(most: number, { seed }: { seed: number }) {
  if (!Number.isSafeInteger(most) || most < 0)
    throw new CajalError(
      "bad-argument",
      `randomTranslation: got ${most} pixels, expected a whole number of at least 0.`,
      { most },
    );
  return <X extends DType, Y extends DType>(
    { x, y }: Batch<X, Y>,
    { epoch, index }: BatchContext,
  ): Batch<X, Y> => {
    const [n, height, width, channels] = x.shape;
    if (n === undefined || !height || !width || !channels || x.shape.length !== 4)
      throw new CajalError(
        "bad-shape",
        `randomTranslation: got x ${showShape(x.shape)}, expected images [n, height, width, channels].`,
        { shape: x.shape },
      );
    const numbers = random(seed, "translation", epoch, index);
    const distance = () => numbers.integer(2 * most + 1) - most;
    const moved = tensor(x.dtype, x.shape);
    // Tensor's type cannot say that both arrays are of one kind; they are, having one dtype.
    const source = x.data as Uint8Array;
    const target = moved.data as Uint8Array;
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
    return { x: moved, y };
  };
}
