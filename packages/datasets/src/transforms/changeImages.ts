// What augmentations of images have in common: batches of images in, changed copies out. Chance is that of the seed,
// the epoch and the example, so that it depends neither on the batch an example is in nor on who computes it.
import {
  type Batch,
  CajalError,
  checkInteger,
  isTensor,
  optionsOf,
  random,
  showShape,
  sizeOf,
  tensor,
  type DType,
  type NamedTensors,
  type Random,
  type Tensor,
} from "@cajal/core";
import { checkValues } from "../checkValues";
import type { BatchContext } from "../dataset";
import type { Image } from "../images/image";

/** Of augmentations that move pixels. */
export interface PixelLabels {
  /**
   * What y are, where they are something for each pixel, which is to move with the pixels of x. "masks": class numbers
   * `[n, height, width]`, or a map for each class `[n, height, width, classes]`, of any element type: each pixel gets what the nearest
   * one had. "images": they change as x does, as pictures that are to come out. Default: such y are refused.
   */
  readonly y?: "masks" | "images";
  /** What comes into masks from outside, where 0 comes into x: a class number. Default 0. */
  readonly maskFill?: number;
}

/** Kinds of these options. */
export const pixelLabels = optionsOf<PixelLabels>({
  y: ["masks", "images"],
  maskFill: { whole: true },
});

/** What an image is of: x, or y that are images; or a mask. */
export type Role = "image" | "mask";

/**
 * @param what name of the augmentation, for its errors
 * @param stream of random numbers: `random(seed, stream, epoch, number of the example)`
 * @param moves whether pixels come to lie elsewhere, and what is then to become of labels of pixels
 * @param change gives another image, of the same draws for what is x and what is y; all of a batch come out in one size. Masks are
 *   float32, and so is what becomes of them
 * @throws CajalError `bad-argument` for a fill of masks where y are none; on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for labels of
 *   each pixel where pixels move and `moves.y` does not say what they are
 */
export function changeImages<X extends "uint8" | "float32">(
  what: string,
  { seed, stream, moves }: { seed: number; stream: string; moves?: PixelLabels },
  change: (image: Image, numbers: Random, role: Role) => Image<X> | Image,
) {
  checkInteger(what, "seed", seed);
  if (moves?.maskFill !== undefined && moves.y !== "masks")
    throw new CajalError(
      "bad-argument",
      `${what}: got maskFill ${moves.maskFill} without y: "masks", which would change nothing. Say what y are, or leave it out.`,
      { maskFill: moves.maskFill },
    );
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
    checkDtype(what, "images", x);
    /** The images of a tensor, changed one after the other. */
    const changeAll = ({ dtype, shape, data }: Image, role: Role): Image => {
      const imageShape = shape.slice(1);
      const size = sizeOf(imageShape);
      let out: Image | undefined;
      for (let i = 0; i < n; i++) {
        const pixels = (data as Uint8Array).subarray(i * size, (i + 1) * size);
        const image = { dtype, shape: imageShape, data: pixels } as Image;
        const changed = change(image, random(seed, stream, epoch, examples[i]!), role);
        out ??= tensor(changed.dtype, [n, ...changed.shape]) as Image;
        (out.data as Uint8Array).set(changed.data as Uint8Array, i * changed.data.length);
      }
      return out ?? ({ dtype, shape, data } as Image);
    };
    const changedX = { ...batch, x: changeAll(x as Image, "image") as Image<X> };
    if (!moves) return changedX;
    if (!moves.y) checkLabels(what, batch.y, [height, width]);
    else checkMoving(what, moves.y, batch.y, [height, width]);
    const changeLabels = (y: Tensor): Tensor => {
      if (!isOfPixels(y, [height, width])) return y;
      if (moves.y === "masks") checkFill(what, moves.maskFill, y);
      const [, , , depth] = y.shape;
      const images = { ...y, shape: [n, height, width, depth ?? 1] };
      if (moves.y === "images") checkDtype(what, "y that are images", images);
      const out =
        moves.y === "images" ? changeAll(images as Image, "image") : ofMasks(changeAll(asMasks(images), "mask"), y); // prettier-ignore
      return depth === undefined ? { ...out, shape: out.shape.slice(0, 3) } : out;
    };
    if (!moves.y || batch.y === undefined) return changedX;
    const y = isTensor(batch.y)
      ? changeLabels(batch.y)
      : Object.fromEntries(Object.entries<Tensor>(batch.y).map(([name, y]) => [name, changeLabels(y)])); // prettier-ignore
    return { ...changedX, y: y as typeof batch.y };
  };
}

function checkDtype(what: string, name: string, { dtype }: Tensor): void {
  if (dtype !== "uint8" && dtype !== "float32")
    throw new CajalError(
      "bad-argument",
      `${what}: got ${name} of dtype ${dtype}, expected uint8 or float32.`,
      { dtype },
    );
}

/** Class numbers as float32, which has all up to 2^24. */
const asMasks = ({ shape, data }: Tensor): Image =>
  tensor("float32", shape, Float32Array.from(data as ArrayLike<number>, Number));

/** As {@link asMasks} took them. */
const ofMasks = ({ shape, data }: Image, { dtype }: Tensor): Tensor =>
  dtype === "int64" || dtype === "uint64"
    ? tensor(dtype, shape, Array.from(data, BigInt) as never)
    : tensor(dtype as "float32", shape, data as Float32Array);

/** Refuses a number that masks do not hold, whether or not anything comes in from outside. */
function checkFill(what: string, fill: number | undefined, mask: Tensor): void {
  if (fill === undefined) return;
  try {
    ofMasks(asMasks({ dtype: "float64", shape: [1], data: Float64Array.of(fill) }), mask);
  } catch (cause) {
    throw new CajalError(
      "bad-argument",
      `${what}: got maskFill ${fill}, which masks of dtype ${mask.dtype} do not hold. Take a number of theirs, or masks of another dtype.`,
      { maskFill: fill, dtype: mask.dtype },
      { cause },
    );
  }
}

const isOfPixels = (y: Tensor, [height, width]: readonly [height: number, width: number]) =>
  (y.shape.length === 3 || y.shape.length === 4) && y.shape[1] === height && y.shape[2] === width;

/** Refuses what was said to be masks or images, and is nothing of each pixel. */
function checkMoving(
  what: string,
  said: NonNullable<PixelLabels["y"]>,
  y: Tensor | NamedTensors | undefined,
  extents: readonly [height: number, width: number],
): void {
  const parts: readonly Tensor[] = y === undefined ? [] : isTensor(y) ? [y] : Object.values(y);
  if (parts.some((part) => isOfPixels(part, extents))) return;
  const [height, width] = extents;
  throw new CajalError(
    "bad-shape",
    `${what}: got y: "${said}", and y ${parts.map(({ shape }) => showShape(shape)).join(", ") || "absent"}, expected something for each pixel, [n, ${height}, ${width}] or [n, ${height}, ${width}, channels].`,
    { shapes: parts.map(({ shape }) => shape) },
  );
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
      throw new CajalError("unsupported", `${what}: got y ${dtype} ${showShape(shape)}, something for each pixel, which would not move with the pixels of x. Say what it is: { y: "masks" } or { y: "images" }.`, { shape }); // prettier-ignore
}
