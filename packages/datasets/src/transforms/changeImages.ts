// What augmentations of images have in common: batches of images in, changed copies out. Chance is that of the seed,
// the epoch and the example, so that it depends neither on the batch an example is in nor on who computes it.
import {
  type Batch,
  CajalError,
  checkInteger,
  isTensor,
  random,
  showShape,
  tensor,
  type DType,
  type NamedTensors,
  type Random,
  type Tensor,
} from "@cajal/core";
import { checkValues } from "../checkValues";
import type { BatchContext } from "../dataset";
import type { Image } from "../images/image";

/**
 * @param what name of the augmentation, for its errors
 * @param stream of random numbers: `random(seed, stream, epoch, number of the example)`
 * @param moves whether pixels come to lie elsewhere
 * @param change gives another image; all of a batch come out in one size
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for labels of
 *   each pixel where pixels move
 */
export function changeImages<X extends "uint8" | "float32">(
  what: string,
  { seed, stream, moves = false }: { seed: number; stream: string; moves?: boolean },
  change: (image: Image, numbers: Random) => Image<X> | Image,
) {
  checkInteger(what, "seed", seed);
  return <From extends DType, Y extends DType>(
    batch: Batch<From, Y>,
    { epoch, examples }: Pick<BatchContext, "epoch" | "examples">,
  ): Batch<X, Y> => {
    const { x } = batch;
    checkValues(what, "x", x);
    const [n, height, width, channels] = x.shape;
    if (n === undefined || !height || !width || !channels || x.shape.length !== 4)
      throw new CajalError(
        "bad-shape",
        `${what}: got x ${showShape(x.shape)}, expected images [n, height, width, channels].`,
        { shape: x.shape },
      );
    if (x.dtype !== "uint8" && x.dtype !== "float32")
      throw new CajalError(
        "bad-argument",
        `${what}: got images of dtype ${x.dtype}, expected uint8 or float32.`,
        { dtype: x.dtype },
      );
    if (moves) checkLabels(what, batch.y, [height, width]);
    const size = height * width * channels;
    let out: Image<X> | undefined;
    for (let i = 0; i < n; i++) {
      const data = (x.data as Uint8Array).subarray(i * size, (i + 1) * size);
      const image = { dtype: x.dtype, shape: [height, width, channels], data } as Image;
      const changed = change(image, random(seed, stream, epoch, examples[i]!));
      out ??= tensor(changed.dtype, [n, ...changed.shape]) as Image<X>;
      (out.data as Uint8Array).set(changed.data as Uint8Array, i * changed.data.length);
    }
    return { ...batch, x: out ?? (x as Image as Image<X>) };
  };
}

/**
 * Refuses labels of each pixel, such as masks, and pictures that are to come out: they would stay where they are.
 *
 * @throws CajalError `unsupported`
 */
export function checkLabels(
  what: string,
  y: Tensor | NamedTensors | undefined,
  [height, width]: readonly [height: number, width: number],
): void {
  // Called by hand there may be none.
  const parts: readonly Tensor[] = y === undefined ? [] : isTensor(y) ? [y] : Object.values(y);
  for (const { dtype, shape } of parts)
    if (shape.length > 2 && shape[1] === height && shape[2] === width)
      throw new CajalError("unsupported", `${what}: got y ${dtype} ${showShape(shape)}, something for each pixel, which would not move with the pixels of x. Change both in a map of your own.`, { shape }); // prettier-ignore
}
