import { type Batch, CajalError, type DType, random, showShape, tensor } from "@cajal/core";
import type { BatchContext } from "./dataset";

/**
 * Mirrors images left to right, each with probability ½ and other ones in every epoch, as Keras'
 * `RandomFlip("horizontal")`. For training images only, of things that look as well in a mirror.
 *
 * @param options.seed chance is that of `random(seed, "flip", epoch, index of the batch)`
 * @throws CajalError `bad-shape` on delivery, for x other than `[n, height, width, channels]`
 * @example train.map(randomFlip({ seed: 42 }))
 */
export function randomFlip({ seed }: { seed: number }) {
  return <X extends DType, Y extends DType>(
    { x, y }: Batch<X, Y>,
    { epoch, index }: BatchContext,
  ): Batch<X, Y> => {
    const [n, height, width, channels] = x.shape;
    if (n === undefined || !height || !width || !channels || x.shape.length !== 4)
      throw new CajalError(
        "bad-shape",
        `randomFlip: got x ${showShape(x.shape)}, expected images [n, height, width, channels].`,
        { shape: x.shape },
      );
    const numbers = random(seed, "flip", epoch, index);
    const flipped = tensor(x.dtype, x.shape);
    // Tensor's type cannot say that both arrays are of one kind; they are, having one dtype.
    const source = x.data as Uint8Array;
    const target = flipped.data as Uint8Array;
    target.set(source);
    const row = width * channels;
    for (let i = 0; i < n; i++) {
      if (numbers.integer(2) === 0) continue;
      for (let from = i * height * row; from < (i + 1) * height * row; from += row)
        for (let w = 0; w < width; w++)
          for (let c = 0; c < channels; c++)
            target[from + (width - 1 - w) * channels + c] = source[from + w * channels + c]!;
    }
    return { x: flipped, y };
  };
}
