// What an image is compared with.
import { CajalError, showShape, type Tensor } from "@cajal/core";
import { inside } from "../network/images";
import { emptyRows, rowOf } from "../network/rows";
import type { Call } from "./call";

/**
 * A number for every element, or an image (one for all, or one for each). What stands for "nothing there" depends
 * on how the network was trained: 0 is mid grey where pixels go from -1 to 1, and the mean image of ImageNet
 * where its mean is subtracted.
 */
export type Baseline = number | Tensor;

/** One baseline for each image. @throws CajalError `bad-shape`, `bad-argument` */
export function baselineOf({ images, format }: Call, given: Baseline): Tensor<"float32"> {
  const [count, ...shape] = images.shape as [number, ...number[]];
  const made = emptyRows(count, shape);
  if (typeof given === "number") {
    if (!Number.isFinite(given))
      throw new CajalError("bad-argument", `attribute: got baseline ${given}, expected a number.`);
    made.data.fill(given);
    return made;
  }
  if (typeof given !== "object" || given === null || given.dtype !== "float32")
    throw new CajalError(
      "bad-argument",
      "attribute: expected as baseline a number or a float32 tensor.",
    );
  const one = given.shape.length === shape.length;
  const batch = inside(one ? { ...given, shape: [1, ...given.shape] } : given, format);
  const fits =
    batch.shape.slice(1).join() === shape.join() &&
    (batch.shape[0] === 1 || batch.shape[0] === count);
  if (!fits)
    throw new CajalError(
      "bad-shape",
      `attribute: got a baseline of ${showShape(given.shape)}, expected the images' shape.`,
      { got: given.shape },
    );
  for (let i = 0; i < count; i++) rowOf(made, i).set(rowOf(batch, batch.shape[0] === 1 ? 0 : i));
  return made;
}

/** Several baselines, each for all images: a list, or a batch of images. */
export function baselinesOf(call: Call, given: readonly Baseline[] | Tensor): Tensor<"float32">[] {
  if (Array.isArray(given)) {
    if (given.length === 0)
      throw new CajalError("bad-argument", "attribute: got no baselines, expected at least one.");
    return (given as readonly Baseline[]).map((each) => baselineOf(call, each));
  }
  const batch = given as Tensor;
  const [count, ...shape] = batch.shape as [number, ...number[]];
  return Array.from({ length: count }, (_, i) =>
    baselineOf(call, { dtype: batch.dtype, shape, data: rowOf(batch, i) } as Tensor),
  );
}
