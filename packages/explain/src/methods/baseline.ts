// What an image is compared with.
import {
  CajalError,
  checkNumber,
  checkTensor,
  showShape,
  showValue,
  type Tensor,
} from "@cajal/core";
import { checkFinite, inside } from "../network/images";
import { emptyRows, rowOf } from "../network/rows";
import type { Call } from "./call";

/**
 * A number for every element, or an image (one for all, or one for each). What stands for "nothing there" depends
 * on how the network was trained: 0 is mid grey where pixels go from -1 to 1, and the mean image of ImageNet
 * where its mean is subtracted.
 */
export type Baseline = number | Tensor;

/** One baseline for each image. @throws CajalError `bad-shape`, `bad-argument` */
export function baselineOf({ images, format }: Call, baseline: Baseline): Tensor<"float32"> {
  const [count, ...shape] = images.shape as [number, ...number[]];
  const result = emptyRows(count, shape);
  if (typeof baseline === "number") {
    checkNumber("attribute", "baseline", baseline);
    result.data.fill(baseline);
    return result;
  }
  if (typeof baseline !== "object" || baseline === null || baseline.dtype !== "float32")
    throw new CajalError(
      "bad-argument",
      `attribute: got ${showValue(baseline)} as baseline, expected a number or a float32 tensor.`,
    );
  checkTensor(baseline, "attribute: baseline");
  checkFinite("attribute: baseline", baseline.data);
  const one = baseline.shape.length === shape.length;
  const batch = inside(one ? { ...baseline, shape: [1, ...baseline.shape] } : baseline, format);
  const fits =
    batch.shape.slice(1).join() === shape.join() &&
    (batch.shape[0] === 1 || batch.shape[0] === count);
  if (!fits)
    throw new CajalError(
      "bad-shape",
      `attribute: got a baseline of ${showShape(baseline.shape)}, expected the images' shape.`,
      { got: baseline.shape },
    );
  for (let i = 0; i < count; i++) rowOf(result, i).set(rowOf(batch, batch.shape[0] === 1 ? 0 : i));
  return result;
}

/** Several baselines, each for all images: a list, or a batch of images. */
export function baselinesOf(
  call: Call,
  baselines: readonly Baseline[] | Tensor,
): Tensor<"float32">[] {
  if (Array.isArray(baselines)) {
    if (baselines.length === 0)
      throw new CajalError("bad-argument", "attribute: got no baselines, expected at least one.");
    return (baselines as readonly Baseline[]).map((each) => baselineOf(call, each));
  }
  const batch = baselines as Tensor;
  checkTensor(batch, "attribute: baselines");
  const [count, ...shape] = batch.shape as [number, ...number[]];
  return Array.from({ length: count }, (_, i) =>
    baselineOf(call, { dtype: batch.dtype, shape, data: rowOf(batch, i) } as Tensor),
  );
}
