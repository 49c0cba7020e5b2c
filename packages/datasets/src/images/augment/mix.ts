// Two images as one: mixup (Zhang et al. 2017) and CutMix (Yun et al. 2019), each example with the one before it,
// as torchvision's v2 MixUp and CutMix.
import {
  CajalError,
  checkArgument,
  checkInteger,
  checkOptions,
  checkNumber,
  showShape,
  tensor,
  type Batch,
  type Tensor,
} from "@cajal/core";
import { checkValues } from "../../checkValues";

const f32 = Math.fround;

/** λ of each example and 1 − λ of the one before it, the last before the first. */
export function mixup(batch: Batch, lambda: number): Batch<"float32", "float32"> {
  checkNumber("mixup", "lambda", lambda, { least: 0, most: 1 });
  checkArgument("mixup", "batch", batch, "object");
  return { ...batch, x: blend(batch.x, lambda, "x"), y: blend(batch.y, lambda, "y") };
}

/** The rectangle of CutMix: half sides √(1 − λ) / 2 of the image, cut to its edges. */
export function cutmixBox(
  lambda: number,
  center: { x: number; y: number },
  size: { width: number; height: number },
) {
  checkNumber("cutmixBox", "lambda", lambda, { least: 0, most: 1 });
  checkOptions("cutmixBox", center, ["x", "y"]);
  checkArgument("cutmixBox", "size", size, "object");
  const { width, height } = size;
  checkInteger("cutmixBox", "width", width, { least: 1 });
  checkInteger("cutmixBox", "height", height, { least: 1 });
  checkInteger("cutmixBox", "x", center.x, { least: 0, most: width });
  checkInteger("cutmixBox", "y", center.y, { least: 0, most: height });
  const half = 0.5 * Math.sqrt(1 - lambda);
  const [w, h] = [Math.trunc(half * width), Math.trunc(half * height)];
  const [left, top] = [Math.max(center.x - w, 0), Math.max(center.y - h, 0)];
  const [right, bottom] = [Math.min(center.x + w, width), Math.min(center.y + h, height)];
  return { left, top, right, bottom };
}

/**
 * Puts the rectangle of the example before into each, and mixes the labels by what is left of each image.
 *
 * @param batch x `[n, height, width, channels]`, y as shares of classes `[n, classes]`, see oneHot
 */
export function cutmix(
  batch: Batch,
  box: { left: number; top: number; right: number; bottom: number },
): Batch<"float32", "float32"> {
  checkArgument("cutmix", "batch", batch, "object");
  checkOptions("cutmix", box, ["left", "top", "right", "bottom"]);
  const { x } = batch;
  checkValues("cutmix", "x", x);
  const [n, height, width, channels] = x.shape;
  if (!n || !height || !width || !channels || x.shape.length !== 4)
    throw new CajalError("bad-shape", `cutmix: got x ${showShape(x.shape)}, expected images [n, height, width, channels].`, { shape: x.shape }); // prettier-ignore
  const { left, top, right, bottom } = box;
  for (const [name, each] of Object.entries({ left, top, right, bottom })) checkInteger("cutmix", name, each); // prettier-ignore
  if (!(0 <= left && left <= right && right <= width && 0 <= top && top <= bottom && bottom <= height)) // prettier-ignore
    throw new CajalError("bad-argument", `cutmix: got the box ${left}, ${top}, ${right}, ${bottom}, expected one within ${width} × ${height}.`, { box }); // prettier-ignore
  const out = tensor("float32", x.shape, Float32Array.from(x.data as Float32Array, Number));
  const source = out.data.slice();
  const size = height * width * channels;
  for (let i = 0; i < n; i++)
    for (let row = top; row < bottom; row++) {
      const [from, to] = [(row * width + left) * channels, (row * width + right) * channels];
      const before = ((i + n - 1) % n) * size;
      out.data.set(source.subarray(before + from, before + to), i * size + from);
    }
  const lambda = 1 - ((right - left) * (bottom - top)) / (width * height);
  return { ...batch, x: out, y: blend(batch.y, lambda, "y") };
}

function blend(of: Tensor, lambda: number, name: string): Tensor<"float32"> {
  checkValues("mixing", name, of);
  const n = of.shape[0] ?? 0;
  if (of.shape.length < 2 || n === 0)
    throw new CajalError("bad-shape", `mixing: got ${name} ${of.dtype} ${showShape(of.shape)}, expected [n, …] that can be mixed. Labels are to be shares of classes: map(oneHot(classes)) first.`, { shape: of.shape }); // prettier-ignore
  const values = Float32Array.from(of.data as Float32Array, Number);
  const out = tensor("float32", of.shape);
  const size = values.length / n;
  const [own, rest] = [f32(lambda), f32(1 - lambda)];
  for (let i = 0; i < n; i++) {
    const before = ((i + n - 1) % n) * size;
    for (let k = 0; k < size; k++)
      out.data[i * size + k] = f32(f32(values[before + k]! * rest) + f32(values[i * size + k]! * own)); // prettier-ignore
  }
  return out;
}
