// Operators over windows of images [batch, channels, …], with channels last on TF.js; and Resize.
import { CajalError } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import { addBias } from "../addBias";
import { maximumOver } from "../maximumOver";
import { dilatedKernel } from "../dilatedKernel";
import { linearWeights, nearestWeights } from "../interpolation";
import { convolveInGroups } from "../convolveInGroups";
import { matMul } from "./sums";
import { numbersOf, type OperatorContext, type TfjsOperators } from "./operator";

const spatialAxes = (rank: number) => Array.from({ length: rank - 2 }, (_, i) => i + 2);
const toLast = (tf: TfCore, x: tfc.Tensor) => tf.transpose(x, [0, ...spatialAxes(x.rank), 1]);
const toFirst = (tf: TfCore, x: tfc.Tensor) => tf.transpose(x, [0, x.rank - 1, ...spatialAxes(x.rank).map((i) => i - 1)]); // prettier-ignore

/** Pads an image [batch, …, channels] with zeros; negative padding crops. */
function pad(
  tf: TfCore,
  x: tfc.Tensor,
  before: readonly number[],
  after: readonly number[],
): tfc.Tensor {
  // prettier-ignore
  const borders = (side: readonly number[]) => side.map((n) => Math.max(n, 0));
  const [b, a] = [borders(before), borders(after)];
  const enlarged = [...b, ...a].some((n) => n > 0)
    ? tf.pad(x, [[0, 0], ...b.map((n, i): [number, number] => [n, a[i]!]), [0, 0]])
    : x;
  if ([...before, ...after].every((n) => n >= 0)) return enlarged;
  const begin = [0, ...before.map((n) => Math.max(-n, 0)), 0];
  const size = enlarged.shape.map((extent, i) => i === 0 || i > before.length ? extent : extent - begin[i]! - Math.max(-after[i - 1]!, 0)); // prettier-ignore
  return tf.slice(enlarged, begin, size);
}

/** A convolution without padding, x [batch, …, in], kernel [..., in, out]. */
function convolve(
  tf: TfCore,
  x: tfc.Tensor,
  kernel: tfc.Tensor,
  { strides, groups }: { readonly strides: readonly number[]; readonly groups: number },
): tfc.Tensor {
  return convolveInGroups(tf, groups, [x, kernel], (part, weights) => {
    if (strides.length === 1) {
      const y = tf.conv2d(tf.expandDims(part, 1) as tfc.Tensor4D, tf.expandDims(weights, 0) as tfc.Tensor4D, [1, strides[0]!], "valid"); // prettier-ignore
      return tf.squeeze(y, [1]);
    }
    if (strides.length === 2)
      return tf.conv2d(part as tfc.Tensor4D, weights as tfc.Tensor4D, [strides[0]!, strides[1]!], "valid"); // prettier-ignore
    return tf.conv3d(part as tfc.Tensor5D, weights as tfc.Tensor5D, strides as [number, number, number], "valid"); // prettier-ignore
  });
}

/** Strides, dilations and pads of a convolution over `axes` axes. */
function settings({ get }: OperatorContext, axes: number) {
  const ones = Array.from({ length: axes }, () => 1);
  const pads = get(
    "pads",
    [...ones, ...ones].map(() => 0),
  );
  if (get("auto_pad", "NOTSET") !== "NOTSET")
    throw new CajalError("unsupported", "a convolution whose padding depends on a free size, on TF.js. Use engine onnx."); // prettier-ignore
  return {
    strides: get("strides", ones),
    dilations: get("dilations", ones),
    before: pads.slice(0, axes),
    after: pads.slice(axes),
    groups: get("group", 1),
  };
}

/** Inserts zeros between the pixels of an image [batch, …, channels]. */
function dilateImage(tf: TfCore, x: tfc.Tensor, strides: readonly number[]): tfc.Tensor {
  // As between the elements of a kernel [..., in, out], with the batch as its `in` axis.
  const axes = strides.length;
  const order = [...strides.map((_, i) => i + 1), 0, axes + 1];
  const inverseOrder = [axes, ...strides.map((_, i) => i), axes + 1];
  return tf.transpose(dilatedKernel(tf, tf.transpose(x, order), strides), inverseOrder);
}

/** The largest or the mean of windows without padding, x [batch, …, channels]. */
function pool(
  tf: TfCore,
  kind: "max" | "avg",
  x: tfc.Tensor,
  { kernel, strides }: { readonly kernel: readonly number[]; readonly strides: readonly number[] },
): tfc.Tensor {
  if (kernel.length === 3) {
    const pool3d = kind === "max" ? tf.maxPool3d : tf.avgPool3d;
    return pool3d(x as tfc.Tensor5D, kernel as [number, number, number], strides as [number, number, number], "valid"); // prettier-ignore
  }
  const pool2d = kind === "max" ? tf.maxPool : tf.avgPool;
  if (kernel.length === 2)
    return pool2d(x as tfc.Tensor4D, kernel as [number, number], strides as [number, number], "valid"); // prettier-ignore
  const row = tf.expandDims(x, 1) as tfc.Tensor4D;
  return tf.squeeze(pool2d(row, [1, kernel[0]!], [1, strides[0]!], "valid"), [1]);
}

/** Windows, strides and pads of a pool over `axes` axes. */
function poolSettings(context: OperatorContext, axes: number) {
  const { strides, dilations, before, after } = settings(context, axes);
  if (dilations.some((n) => n !== 1) || context.get("ceil_mode", 0) !== 0)
    throw new CajalError("unsupported", "a pool with dilations or ceil_mode, on TF.js. Use engine onnx."); // prettier-ignore
  const borders: [number, number][] = [[0, 0], ...before.map((n, i): [number, number] => [n, after[i]!]), [0, 0]]; // prettier-ignore
  return { kernel: context.get("kernel_shape", [1]), strides, borders };
}

/** A convolution's kernel has the extents that its attribute repeats. */
function kernelAsStated({ get }: OperatorContext, { shape }: tfc.Tensor): void {
  const extents = shape.slice(2);
  const stated = get("kernel_shape", extents);
  if (stated.join() !== extents.join())
    throw new CajalError("bad-shape", `a convolution's kernel is ${extents.join(" × ")}, and its kernel_shape says ${stated.join(" × ")}.`, { extents, stated }); // prettier-ignore
}

export const windows: TfjsOperators = {
  Conv: ([x, kernel, bias], context) => {
    const { tf } = context;
    const axes = x.rank - 2;
    const { strides, dilations, before, after, groups } = settings(context, axes);
    kernelAsStated(context, kernel!);
    // [out, in, …] to […, in, out].
    const weights = tf.transpose(kernel!, [...spatialAxes(kernel!.rank), 1, 0]);
    const image = pad(tf, toLast(tf, x), before, after);
    const y = convolve(tf, image, dilatedKernel(tf, weights, dilations), { strides, groups });
    return toFirst(tf, bias ? addBias(tf, y, bias) : y);
  },
  ConvTranspose: ([x, kernel, bias], context) => {
    const { tf, get } = context;
    const axes = x.rank - 2;
    const { strides, dilations, before, after, groups } = settings(context, axes);
    kernelAsStated(context, kernel!);
    if (groups > 1)
      throw new CajalError("unsupported", "a transposed convolution in groups, on TF.js. Use engine onnx."); // prettier-ignore
    const outputPadding = get(
      "output_padding",
      strides.map(() => 0),
    );
    // [in, out, …] to […, in, out], flipped: a window writes where the convolution's window reads.
    const reversed = tf.reverse(tf.transpose(kernel!, [...spatialAxes(kernel!.rank), 0, 1]), strides.map((_, i) => i)); // prettier-ignore
    const weights = dilatedKernel(tf, reversed, dilations);
    const kernelReach = strides.map((_, i) => weights.shape[i]! - 1);
    const image = pad(
      tf,
      dilateImage(tf, toLast(tf, x), strides),
      kernelReach.map((n, i) => n - before[i]!),
      kernelReach.map((n, i) => n - after[i]! + outputPadding[i]!),
    );
    const ones = strides.map(() => 1);
    const y = convolve(tf, image, weights, { strides: ones, groups });
    return toFirst(tf, bias ? addBias(tf, y, bias) : y);
  },
  MaxPool: ([x], context) => {
    const { tf } = context;
    const { kernel, strides, borders } = poolSettings(context, x.rank - 2);
    const least = -3.4028234663852886e38;
    return toFirst(tf, pool(tf, "max", tf.pad(toLast(tf, x), borders, least), { kernel, strides }));
  },
  AveragePool: ([x], context) => {
    const { tf, get } = context;
    const { kernel, strides, borders } = poolSettings(context, x.rank - 2);
    const mean = (image: tfc.Tensor) => pool(tf, "avg", tf.pad(image, borders), { kernel, strides }); // prettier-ignore
    const image = toLast(tf, x);
    const y = mean(image);
    // Of each window, the share that lies within the image.
    const counts = get("count_include_pad", 0) === 1 ? undefined : mean(tf.ones([1, ...image.shape.slice(1, -1), 1])); // prettier-ignore
    return toFirst(tf, counts ? tf.div(y, counts) : y);
  },
  GlobalAveragePool: ([x], { tf }) => tf.mean(x, spatialAxes(x.rank), true),
  GlobalMaxPool: ([x], { tf }) => maximumOver(tf, x, spatialAxes(x.rank), true),
  Resize: ([x, , scales, sizes], { tf, get }) => {
    const to = sizes
      ? numbersOf(sizes)
      : numbersOf(scales!).map((scale, i) => Math.floor(x.shape[i]! * scale));
    const mode = get("mode", "nearest");
    const isHalfPixel = get("coordinate_transformation_mode", "half_pixel") === "half_pixel";
    const nearest = get("nearest_mode", "round_prefer_floor");
    const isSupported = mode === "linear" ? isHalfPixel : mode === "nearest" && (isHalfPixel ? nearest === "round_prefer_ceil" : nearest === "floor"); // prettier-ignore
    if (!isSupported)
      throw new CajalError("unsupported", `Resize by ${mode} on TF.js. Use engine onnx.`);
    // Products with matrices of weights, because TF.js' own resizing has wrong gradients.
    return to.reduce<tfc.Tensor>((y, extent, axis) => {
      const from = x.shape[axis]!;
      if (extent === from) return y;
      const matrix = tf.tensor2d(mode === "linear" ? linearWeights(from, extent) : nearestWeights(from, extent, isHalfPixel), [from, extent]); // prettier-ignore
      const order = y.shape.map((_, i) => i).with(axis, y.rank - 1).with(y.rank - 1, axis); // prettier-ignore
      return tf.transpose(matMul(tf, tf.transpose(y, order), matrix), order);
    }, x);
  },
};
