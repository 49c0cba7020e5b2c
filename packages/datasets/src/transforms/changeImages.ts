// What augmentations of images have in common: batches of images in, changed copies out, by chance that
// is another in every epoch and the same for the same seed.
import {
  type Batch,
  CajalError,
  type DType,
  random,
  showShape,
  tensor,
  checkInteger,
  checkOptions,
} from "@cajal/core";
import type { BatchContext } from "../dataset";

/** A batch of images, one number after the other, [n, height, width, channels]. */
export interface Images {
  readonly source: Uint8Array;
  /** Zeros, to be written. */
  readonly target: Uint8Array;
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * @param what name of the augmentation, for its errors
 * @param stream of random numbers: `random(seed, stream, epoch, index of the batch)`
 * @throws CajalError `bad-shape` on delivery, for x other than `[n, height, width, channels]`
 */
export function changeImages(
  what: string,
  options: { seed: number; stream: string },
  change: (images: Images, numbers: ReturnType<typeof random>) => void,
) {
  checkOptions(what, options, ["seed", "stream"]);
  const { seed, stream } = options;
  checkInteger(what, "seed", seed);
  return <X extends DType, Y extends DType>(
    batch: Batch<X, Y>,
    { epoch, index }: BatchContext,
  ): Batch<X, Y> => {
    const { x } = batch;
    const [n, height, width, channels] = x.shape;
    if (n === undefined || !height || !width || !channels || x.shape.length !== 4)
      throw new CajalError(
        "bad-shape",
        `${what}: got x ${showShape(x.shape)}, expected images [n, height, width, channels].`,
        { shape: x.shape },
      );
    const changed = tensor(x.dtype, x.shape);
    // Tensor's type cannot say that both arrays are of one kind; they are, having one dtype.
    const source = x.data as Uint8Array;
    const target = changed.data as Uint8Array;
    change({ source, target, n, height, width, channels }, random(seed, stream, epoch, index));
    return { ...batch, x: changed };
  };
}
