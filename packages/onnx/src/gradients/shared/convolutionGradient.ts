// Both gradients of a convolution y = conv(x, w), for Conv, ConvTranspose and average pools.
// x is [batch, channels, ...input], w [maps, channels / group, ...kernel], y [batch, maps, ...output].
//
// ONNX has no operator for the kernel's gradient, and several ways to write it with those it has.
// Which is fastest depends on the shape; they differ up to twentyfold. All are here, as functions
// of one signature, and `chooseKernelGradient` is the one place that picks.
import { tensor } from "@cajal/core";
import { servedInBlocks } from "../../passes/blocked";
import type { GraphBuilder, Value } from "../../graph/builder";
import { convolutionBetween, type Convolution } from "../../graph/convolution";
import type { GradientContext } from "../gradient";
import { knownShape } from "./sumTo";

/** The convolution that a node computes from an image `x` with kernel `w` to `y`. */
export const convolutionOf = (
  context: GradientContext,
  x: Value,
  w: Value,
  y: Value,
): Convolution => {
  const [image, kernel, result] = [x, w, y].map((value) => knownShape(value, "of a convolution"));
  return convolutionBetween(context, image!, kernel!, result!);
};

/** The gradient of the image. */
export function imageGradient(
  g: GraphBuilder,
  dy: Value,
  w: Value,
  conv: Convolution,
  block?: number,
): Value {
  return imageGradients[chooseImageGradient(conv, block)](g, dy, w, conv);
}

export type ImageGradient = "turned" | "transposed";

/**
 * The formulation for a convolution on CPU, by measurement (bench/convolutionGradient.ts).
 *
 * @param block of the kernels that the graph will be rewritten for ({@link blocked}), if it will be
 */
export function chooseImageGradient(conv: Convolution, block?: number): ImageGradient {
  const { channels, maps, group, kernel, output } = conv;
  if (block !== undefined && servedInBlocks(conv, block, true)) return "transposed";
  if (!turnable(conv)) return "transposed";
  if (kernel.every((k) => k === 1)) return "turned";
  // A convolution gathers what each of its many maps saw before it makes few channels of them; the
  // transposed one makes the few first.
  if (group === 1 && maps >= 2 * channels) return "transposed";
  // Turning costs a copy of the kernel, which a large one over a small map does not repay.
  const area = output.reduce((a, b) => a * b, 1);
  return (maps * channels) / group < 64 * 1024 || area > 400 ? "turned" : "transposed";
}

/** With stride 1, and no padding beyond what a window reaches. */
const turnable = ({ kernel, strides, dilations, pads }: Convolution): boolean =>
  strides.every((stride) => stride === 1) &&
  pads.every((pad, i) => pad <= (kernel[i % kernel.length]! - 1) * dilations[i % kernel.length]!);

export const imageGradients: Record<
  ImageGradient,
  (g: GraphBuilder, dy: Value, w: Value, conv: Convolution) => Value
> = {
  /**
   * With stride 1 it is again a convolution, of dy, with the kernel turned round and its channels
   * and maps exchanged.
   */
  turned(g, dy, w, conv) {
    const { kernel, dilations, pads, group } = conv;
    const rank = kernel.length;
    const opposite = pads.map((pad, i) => (kernel[i % rank]! - 1) * dilations[i % rank]! - pad);
    const round = kernel.every((k) => k === 1)
      ? w
      : g.slice(w, {
          starts: kernel.map(() => -1),
          ends: kernel.map(() => -(2 ** 31)),
          axes: kernel.map((_, i) => i + 2),
          steps: kernel.map(() => -1),
        });
    return g.conv(dy, exchanged(g, round, conv), undefined, { pads: opposite, dilations, group });
  },

  /** The transposed convolution of dy with w. */
  transposed(g, dy, w, { input, output, kernel, strides, dilations, pads, group }) {
    const rank = kernel.length;
    // What the last stride left over belongs to no window; where a pool's last window stands out
    // beyond the padding, the excess is cut off.
    const rest = input.map(
      (extent, i) =>
        extent -
        ((output[i]! - 1) * strides[i]! +
          (kernel[i]! - 1) * dilations[i]! +
          1 -
          pads[i]! -
          pads[i + rank]!),
    );
    return g.convTranspose(dy, w, undefined, {
      strides,
      dilations,
      pads: pads.map((pad, i) => (i < rank ? pad : pad + Math.max(0, -rest[i - rank]!))),
      group,
      ...(rest.some((extent) => extent > 0)
        ? { output_padding: rest.map((extent) => Math.max(0, extent)) }
        : {}),
    });
  },
};

/** [maps, channels / group, ...] → [channels, maps / group, ...], group by group. */
function exchanged(
  g: GraphBuilder,
  w: Value,
  { group, maps, channels, kernel }: Convolution,
): Value {
  const spatial = kernel.map((_, i) => i);
  if (group === 1) return g.transpose(w, [1, 0, ...spatial.map((i) => i + 2)]);
  if (maps === group && channels === group) return w;
  const split = g.reshape(w, [group, maps / group, channels / group, ...kernel]);
  const swapped = g.transpose(split, [0, 2, 1, ...spatial.map((i) => i + 3)]);
  return g.reshape(swapped, [channels, maps / group, ...kernel]);
}

/** The gradient of the kernel, [maps, channels / group, ...kernel]. */
export function kernelGradient(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  conv: Convolution,
  block?: number,
): Value {
  return kernelGradients[chooseKernelGradient(conv, block)](g, x, dy, conv);
}

export type KernelGradient = "depthwise" | "lines" | "flatLines" | "columns" | "swapped";

/**
 * The formulation for a convolution on CPU, by measurement (bench/convolutionGradient.ts).
 *
 * @param block as in {@link chooseImageGradient}
 */
export function chooseKernelGradient(conv: Convolution, block?: number): KernelGradient {
  const { channels, maps, group, kernel, strides, output } = conv;
  const area = output.reduce((a, b) => a * b, 1);
  const taps = kernel.reduce((a, b) => a * b, 1);
  // The others grow with the taps: nodes for each, or a table of what each meets.
  if (taps > manyTaps) return "swapped";
  if (group > 1 && block !== undefined && servedInBlocks(conv, block)) return "depthwise";
  if (group > 1)
    return group === channels && (area <= 200 || strides.some((stride) => stride > 1))
      ? "depthwise"
      : "lines";
  const rows = output.slice(0, -1).reduce((a, b) => a * b, 1);
  if (taps > 1 && channels <= 8 && taps * rows <= largeTable) return "columns";
  // The products of the images are summed afterwards, each as large as the kernel. Where that is
  // not little against what goes into them, the batch is better laid along the line.
  return 2 * maps * channels >= (maps + channels) * area ? "flatLines" : "lines";
}

const manyTaps = 256;
const largeTable = 2 ** 22;

/** All formulations; any of them serves any convolution but for what its comment says. */
export const kernelGradients: Record<
  KernelGradient,
  (g: GraphBuilder, x: Value, dy: Value, conv: Convolution) => Value
> = {
  /**
   * One image of batch · channels channels, convolved with dy as so many kernels: strides and
   * dilations change places. For groups of one channel.
   */
  depthwise(g, x, dy, { batch, channels, maps, input, output, kernel, strides, dilations, pads }) {
    const image = g.reshape(x, [1, batch * channels, ...input]);
    const kernels = g.reshape(dy, [batch * maps, 1, ...output]);
    const whole = g.conv(image, kernels, undefined, {
      strides: dilations,
      dilations: strides,
      pads,
      group: batch * channels,
    });
    return sumOverBatch(g, g.reshape(cutTo(g, whole, kernel), [batch, maps, 1, ...kernel]), batch);
  },

  /**
   * As `depthwise`, for groups of any size: batch and channels of the image change places, so that the
   * convolution sums over the batch. For kernels of very many taps: it is one convolution.
   */
  swapped(g, x, dy, conv) {
    const { batch, channels, group, input, output, kernel, strides, dilations, pads } = conv;
    const split = g.reshape(x, [batch, group, channels / group, ...input]);
    const image = g.reshape(g.transpose(split, [2, 1, 0, ...input.map((_, i) => i + 3)]), [
      channels / group,
      group * batch,
      ...input,
    ]);
    const kernels = g.transpose(dy, [1, 0, ...output.map((_, i) => i + 2)]);
    const attributes = { strides: dilations, dilations: strides, pads, group };
    const whole = cutTo(g, g.conv(image, kernels, undefined, attributes), kernel);
    return g.transpose(whole, [1, 0, ...kernel.map((_, i) => i + 2)]);
  },

  /** For each tap of the kernel: dy · (what the tap saw)ᵀ per image, summed over the batch. */
  lines(g, x, dy, conv) {
    const { batch, channels, maps, group, kernel } = conv;
    const head = group === 1 ? [batch] : [batch, group];
    const swap = [...head.map((_, i) => i), head.length + 1, head.length];
    const products = crossed(g, x, dy, conv, {
      image: (view, length) =>
        g.transpose(g.reshape(view, [...head, channels / group, length]), swap),
      gradient: (view, length) => g.reshape(view, [...head, maps / group, length]),
      product: (left, right) => sumOverBatch(g, g.matMul(left, right), batch),
    });
    const taps = products.map((product) => g.reshape(product, [maps, channels / group, 1]));
    return g.reshape(joined(g, taps, 2), [maps, channels / group, ...kernel]);
  },

  /** The same with the batch laid out along the line: one larger product a tap. Without groups. */
  flatLines(g, x, dy, conv) {
    const { batch, channels, maps, input, kernel } = conv;
    const first = [1, 0, ...input.map((_, i) => i + 2)];
    const products = crossed(g, g.transpose(x, first), g.transpose(dy, first), conv, {
      image: (view, length) => g.reshape(view, [channels, batch * length]),
      gradient: (view, length) => g.reshape(view, [maps, batch * length]),
      product: (left, right) => g.gemm(left, right, undefined, { transB: 1 }),
    });
    const taps = products.map((product) => g.unsqueeze(product, [2]));
    return g.reshape(joined(g, taps, 2), [maps, channels, ...kernel]);
  },

  /** im2col: what all taps saw below each other, one product an image. Without groups. */
  columns(g, x, dy, conv) {
    const { batch, channels, maps, output, kernel } = conv;
    const area = output.reduce((a, b) => a * b, 1);
    const taken = kernel.at(-1)!;
    const rows = kernel.slice(0, -1).reduce((a, b) => a * b, 1);
    const columns = g.reshape(seen(g, x, conv), [batch, channels * taken * rows, area]);
    const product = g.matMul(g.reshape(dy, [batch, maps, area]), g.transpose(columns, [0, 2, 1]));
    const sum = g.reshape(sumOverBatch(g, product, batch), [maps, channels, taken, rows]);
    return g.reshape(g.transpose(sum, [0, 1, 3, 2]), [maps, channels, ...kernel]);
  },
};

/** What the last stride left over shows up as further taps, which are cut off. */
function cutTo(g: GraphBuilder, whole: Value, kernel: readonly number[]): Value {
  if (whole.shape!.slice(2).every((extent, i) => extent === kernel[i])) return whole;
  const axes = kernel.map((_, i) => i + 2);
  return g.slice(whole, { starts: kernel.map(() => 0), ends: kernel, axes });
}

const sumOverBatch = (g: GraphBuilder, products: Value, batch: number): Value =>
  batch === 1 ? g.squeeze(products, [0]) : g.reduceSum(products, { axes: [0], keepdims: false });

/** The products of all taps, in row-major order, each view prepared once. */
function crossed(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  conv: Convolution,
  by: {
    image(view: Value, length: number): Value;
    gradient(view: Value, length: number): Value;
    product(gradient: Value, image: Value): Value;
  },
): Value[] {
  const { images, gradients, length, tapOf } = viewsOf(g, x, dy, conv);
  const right = images.map((view) => by.image(view, length));
  const left = gradients.map((view) => by.gradient(view, length));
  const taps = conv.kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: taps }, (_, tap) => {
    const { gradient, image } = tapOf(tap);
    return by.product(left[gradient]!, right[image]!);
  });
}

/**
 * The views whose products are the taps. A tap sees x moved along every axis; of these moves, the
 * one along the first axis is made by dy instead, the other way round:
 *   dw[i, j] = Σ_p dy[p] · x_j[p + i] = Σ_q dy_i[q] · x_j[q],  dy_i = dy with i rows of zeros before it.
 * So a k × k kernel needs k copies of x and k of dy, where k² of x would do the same. With a stride
 * of s rows, x_j is taken apart in the s phases of its rows, and a move by one row of a phase is one
 * by s rows of the image.
 */
function viewsOf(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  { input, output, kernel, strides, dilations, pads }: Convolution,
) {
  const rank = kernel.length;
  const [stride, dilation] = [strides[0]!, dilations[0]!];
  // With both stride and dilation each row of the kernel is a phase of its own.
  const mixed = stride > 1 && dilation > 1;
  const phases = mixed ? kernel[0]! : Math.min(stride, kernel[0]!);
  const moves = mixed ? 1 : Math.ceil(kernel[0]! / stride);
  const step = mixed ? 0 : dilation;
  const rows = output[0]! + (moves - 1) * step;
  const rest = output.slice(1).reduce((a, b) => a * b, 1);

  const begins = pads.slice(0, rank);
  const reach = output.map((extent, i) =>
    i === 0
      ? (rows - 1) * stride + (mixed ? (phases - 1) * dilation : phases - 1) + 1
      : (extent - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1,
  );
  const ends = reach.map((needed, i) => Math.max(0, needed - begins[i]! - input[i]!));
  const padded = [...begins, ...ends].some((pad) => pad !== 0)
    ? g.pad(x, { pads: [0, 0, ...begins, 0, 0, ...ends] })
    : x;
  const taken = kernel.slice(1).reduce((a, b) => a * b, 1);
  const axes = kernel.map((_, i) => i + 2);
  const images = Array.from({ length: phases * taken }, (_, view) => {
    const starts = [Math.floor(view / taken) * (mixed ? dilation : 1)];
    let remaining = view % taken;
    for (let i = rank - 1; i >= 1; i--) {
      starts[i] = (remaining % kernel[i]!) * dilations[i]!;
      remaining = Math.floor(remaining / kernel[i]!);
    }
    const extents = [rows, ...output.slice(1)];
    const whole = starts.every(
      (start, i) =>
        start === 0 && strides[i] === 1 && extents[i] === begins[i]! + input[i]! + ends[i]!,
    );
    return whole
      ? padded
      : g.slice(padded, {
          starts,
          ends: starts.map((start, i) => start + (extents[i]! - 1) * strides[i]! + 1),
          axes,
          steps: strides,
        });
  });
  const gradients = Array.from({ length: moves }, (_, move) => {
    if (moves === 1) return dy;
    const none = Array<number>(rank - 1).fill(0);
    return g.pad(dy, {
      pads: [0, 0, move * step, ...none, 0, 0, (moves - 1 - move) * step, ...none],
    });
  });
  return {
    images,
    gradients,
    /** Pixels of a view. */
    length: rows * rest,
    /** Which two views make a tap. */
    tapOf: (tap: number) => {
      const row = Math.floor(tap / taken);
      return {
        gradient: Math.floor(row / phases),
        image: (row % phases) * taken + (tap % taken),
      };
    },
  };
}

/**
 * What each tap of the kernel saw: [batch, channels · taps along the last axis, taps along
 * all others, windows along all others, windows along the last].
 *
 * Along the last axis a convolution with kernels of a single 1 moves the image, and pads it on the way;
 * along the others whole rows are picked. A Slice for each tap takes twice as long.
 */
function seen(
  g: GraphBuilder,
  x: Value,
  { batch, channels, input, output, kernel, strides, dilations, pads }: Convolution,
): Value {
  const last = kernel.length - 1;
  const [width, taken] = [output[last]!, kernel[last]!];
  const begins = pads.slice(0, kernel.length);
  // Only as much padding as the windows reach: what the last stride left over is not read.
  const ends = input.map((extent, i) =>
    Math.max(
      0,
      (output[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - begins[i]! - extent,
    ),
  );
  const alongLast = (n: number) => kernel.map((_, i) => (i === last ? n : 1));
  const ones = g.constant(
    tensor(
      "float32",
      [channels * taken, 1, ...alongLast(taken)],
      Array.from({ length: channels * taken ** 2 }, (_, i) =>
        i % taken === Math.floor(i / taken) % taken ? 1 : 0,
      ),
    ),
  );
  const moved = g.conv(x, x.dtype === "float32" ? ones : g.cast(ones, x.dtype), undefined, {
    strides: alongLast(strides[last]!),
    dilations: alongLast(dilations[last]!),
    pads: [...begins, ...ends],
    group: channels,
  });
  const cut =
    moved.shape!.at(-1) === width
      ? moved
      : g.slice(moved, { starts: [0], ends: [width], axes: [last + 2] });
  // A row's number among those of all axes but the last: where a window begins, and a tap in it.
  const extents = input.slice(0, -1).map((extent, i) => begins[i]! + extent + ends[i]!);
  const pitches = extents.map((_, i) => extents.slice(i + 1).reduce((a, b) => a * b, 1));
  const numbers = (counts: readonly number[], steps: readonly number[]) =>
    pitches.reduce(
      (found, pitch, i) =>
        found.flatMap((from) =>
          Array.from({ length: counts[i]! }, (_, n) => from + n * steps[i]! * pitch),
        ),
      [0],
    );
  const windows = numbers(output, strides);
  const taps = numbers(kernel, dilations);
  const rows = extents.reduce((a, b) => a * b, 1);
  return g.gather(
    g.reshape(cut, [batch, channels * taken, rows, width]),
    g.constant(
      tensor(
        "int64",
        [taps.length, windows.length],
        taps.flatMap((tap) => windows.map((window) => window + tap)),
      ),
    ),
    { axis: 2 },
  );
}

const joined = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0]! : g.concat(values, { axis });
