import { tensor } from "@cajal/core";
import { computed } from "../model/elementType";
import type { GraphBuilder, Value } from "../graph/builder";
import type { Convolution } from "../graph/convolution";
import { checkEntries } from "./shared/alongAxis";
import { convolutionOf } from "./shared/convolutionOf";
import { imageGradient } from "./shared/imageGradient";
import { defineGradient, type GradientContext } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const averagePool = defineGradient({
  op: "AveragePool",
  // Each element of x gets dy / (number of elements averaged) from every window that it lies in.
  gradient: ([dy], context, g) => {
    const x = context.inputs[0];
    const pool = poolOf(context, x, dy);
    const { kernel, strides, pads, dilations } = pool;
    const taps = product(kernel);
    const rank = kernel.length;
    const tiles =
      rank === 2 &&
      pads.every((pad) => pad === 0) &&
      dilations.every((dilation) => dilation === 1) &&
      kernel.every((k, i) => k === strides[i] && pool.input[i] === k * pool.output[i]!);
    // Windows that tile the image: every element takes its window's share.
    if (tiles)
      return [
        g.resize(g.mul(dy, 1 / taps), {
          scales: [1, 1, ...kernel],
          mode: "nearest",
          nearest_mode: "floor",
          coordinate_transformation_mode: "asymmetric",
        }),
      ];
    const dividedDy = divideByCounts(g, dy, pool, context);
    const reach = kernel.map((k, i) => (k - 1) * dilations[i]!);
    const transposedPads = pads.map((pad, i) => reach[i % rank]! - pad);
    const coversInput = pool.input.every(
      (extent, i) => extent === pool.output[i]! + reach[i]! - pads[i]! - pads[i + rank]!,
    );
    // With stride 1 the sum over windows is itself a pool.
    if (
      strides.every((s) => s === 1) &&
      dilations.every((d) => d === 1) &&
      transposedPads.every((p) => p >= 0) &&
      coversInput
    )
      return [
        g.mul(
          g.averagePool(dividedDy, {
            kernel_shape: kernel,
            pads: transposedPads,
            count_include_pad: 1,
          }),
          taps,
        ),
      ];
    const channels = pool.channels;
    const ones = g.expand(g.scalar(dy.dtype, 1), [channels, 1, ...kernel]);
    return [imageGradient(g, dividedDy, ones, { ...pool, group: channels, maps: channels })];
  },
  samples: [
    { inputs: [[2, 3, 6, 4]], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [[2, 3, 7, 5]], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [[2, 3, 7, 5]], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    {
      inputs: [[2, 3, 7, 5]],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
    },
    { inputs: [[2, 3, 7, 5]], attributes: { kernel_shape: [3, 2], auto_pad: "SAME_UPPER" } },
    {
      inputs: [[2, 3, 8, 6]],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
    },
    { inputs: [[2, 3, 8, 6]], attributes: { kernel_shape: [3, 3], strides: [2, 2] } },
    { inputs: [[1, 2, 7, 7]], attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
    { inputs: [[2, 3, 9]], attributes: { kernel_shape: [3], strides: [2] } },
  ].map((sample) => ({ ...sample, float32: true as const })),
});

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

function poolOf(context: GradientContext, x: Value, y: Value): Convolution {
  const channels = staticShape(x, "of AveragePool", 2)[1];
  const kernel = context.ints("kernel_shape")!;
  const weight = { name: "kernel", dtype: x.dtype, shape: [channels, 1, ...kernel] };
  return convolutionOf(context, x, weight, y);
}

const maxTableSize = 64 * 1024;

/** dy divided by how many elements of x each window averaged; padding counts if it is asked to. */
function divideByCounts(
  g: GraphBuilder,
  dy: Value,
  pool: Convolution,
  { int }: GradientContext,
): Value {
  const countsPadding = int("count_include_pad", 0) === 1;
  const counts = pool.output.map((extent, i) => countsAlong(pool, i, extent, countsPadding));
  // In one table where that is small, else axis by axis.
  if (counts.some((axis) => typeof axis !== "number") && product(pool.output) <= maxTableSize) {
    const flat = counts.reduce<number[]>((outer, axis, i) => {
      const list = typeof axis === "number" ? Array<number>(pool.output[i]!).fill(axis) : axis;
      return outer.flatMap((a) => list.map((b) => a * b));
    }, [1]); // prettier-ignore
    const reciprocals = flat.map((count) => 1 / count);
    return g.mul(dy, g.constant(tensor(computed(dy.dtype), pool.output, reciprocals)));
  }
  const uniformCount = product(counts.map((axis) => (typeof axis === "number" ? axis : 1)));
  const dividedDy = uniformCount === 1 ? dy : g.mul(dy, 1 / uniformCount);
  return counts.reduce<Value>((result, axis, i) => {
    if (typeof axis === "number") return result;
    const shape = [axis.length, ...pool.kernel.slice(i + 1).map(() => 1)];
    return g.mul(result, g.constant(tensor(computed(dy.dtype), shape, axis.map((count) => 1 / count)))); // prettier-ignore
  }, dividedDy);
}

/** How many elements a window averages along an axis: one number, or one for each window. */
function countsAlong(
  { input, kernel, strides, dilations, pads }: Convolution,
  i: number,
  extent: number,
  countsPadding: boolean,
): number | readonly number[] {
  const [begin, end, length] = [pads[i]!, pads[i + kernel.length]!, kernel[i]!];
  const [low, high] = countsPadding ? [-begin, input[i]! + end] : [0, input[i]!];
  const count = (o: number) => {
    const from = o * strides[i]! - begin;
    const first = Math.max(0, Math.ceil((low - from) / dilations[i]!));
    const last = Math.min(length - 1, Math.ceil((high - from) / dilations[i]!) - 1);
    return last - first + 1;
  };
  // Windows between two that are whole are whole.
  if (count(0) === length && count(extent - 1) === length) return length;
  checkEntries(extent);
  return Array.from({ length: extent }, (_, o) => count(o));
}
