// Both gradients of a convolution y = conv(x, w), for Conv, ConvTranspose and average pools.
// x is [batch, channels, ...input], w [maps, channels / group, ...kernel], y [batch, maps, ...output].
//
// ONNX has no operator for the kernel's gradient, and several ways to write it with those it has.
// Which is fastest depends on the shape; they differ up to twentyfold. All are here, as functions
// of one signature, and `chooseKernelGradient` is the one place that picks.
import type { GraphBuilder, Value } from "./builder";
import type { GradientContext } from "./gradient";
import { windowOf } from "./operators/windows";
import { knownShape } from "./sumTo";

/** A convolution in numbers. */
export interface Convolution {
  readonly batch: number;
  readonly channels: number;
  readonly maps: number;
  readonly group: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All begins, then all ends. */
  readonly pads: readonly number[];
}

/** The convolution that a node computes from an image `x` with kernel `w` to `y`. */
export function convolutionOf(context: GradientContext, x: Value, w: Value, y: Value): Convolution {
  const [batch, channels, ...input] = knownShape(x, "of a convolution");
  const [maps, , ...kernel] = knownShape(w, "of a convolution");
  const [, , ...output] = knownShape(y, "of a convolution");
  const { strides, dilations, pads, autoPad } = windowOf(context, kernel);
  const rank = kernel.length;
  const resolved = [...pads];
  if (autoPad.startsWith("SAME"))
    input.forEach((extent, i) => {
      const reach = (kernel[i]! - 1) * dilations[i]! + 1;
      const total = Math.max(0, (output[i]! - 1) * strides[i]! + reach - extent);
      const less = Math.floor(total / 2);
      resolved[i] = autoPad === "SAME_UPPER" ? less : total - less;
      resolved[i + rank] = total - resolved[i]!;
    });
  return {
    batch: batch!,
    channels: channels!,
    maps: maps!,
    group: context.int("group", 1),
    input,
    output,
    kernel,
    strides,
    dilations,
    pads: resolved,
  };
}

/** The gradient of the image: the transposed convolution of dy with w. */
export function imageGradient(g: GraphBuilder, dy: Value, w: Value, conv: Convolution): Value {
  const { input, output, kernel, strides, dilations, pads, group, channels, maps } = conv;
  const rank = kernel.length;
  const reach = kernel.map((k, i) => (k - 1) * dilations[i]!);
  const single = kernel.every((k) => k === 1);
  const unitStrides = strides.every((stride) => stride === 1);
  const opposite = pads.map((pad, i) => reach[i % rank]! - pad);
  // With stride 1 it is again a convolution, with the kernel turned round and its channels and maps
  // exchanged. Turning costs a copy of the kernel, which a large one over a small map does not repay.
  const turningPays = maps * channels < 64 * 1024 || output.reduce((a, b) => a * b, 1) > 400;
  if (unitStrides && opposite.every((pad) => pad >= 0) && (single || turningPays)) {
    const turned = single
      ? w
      : g.slice(w, {
          starts: kernel.map(() => -1),
          ends: kernel.map(() => -(2 ** 31)),
          axes: kernel.map((_, i) => i + 2),
          steps: kernel.map(() => -1),
        });
    return g.conv(dy, exchanged(g, turned, conv), undefined, { pads: opposite, dilations, group });
  }
  // What the last stride left over belongs to no window; where a pool's last window stands out
  // beyond the padding, the excess is cut off.
  const rest = input.map(
    (extent, i) =>
      extent - ((output[i]! - 1) * strides[i]! + reach[i]! + 1 - pads[i]! - pads[i + rank]!),
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
}

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
export function kernelGradient(g: GraphBuilder, x: Value, dy: Value, conv: Convolution): Value {
  return kernelGradients[chooseKernelGradient(conv)](g, x, dy, conv);
}

export type KernelGradient =
  "depthwise" | "offsets" | "flatOffsets" | "columns" | "columnsLast" | "shared" | "flatShared";

/** The formulation for a convolution on CPU, by measurement (bench/kernelGradient.mjs). */
export function chooseKernelGradient({
  batch,
  channels,
  maps,
  group,
  kernel,
  strides,
  output,
}: Convolution): KernelGradient {
  const area = output.reduce((a, b) => a * b, 1);
  const taps = kernel.reduce((a, b) => a * b, 1);
  if (group > 1) return group === channels ? "depthwise" : "offsets";
  if (taps === 1) return "offsets";
  if (channels <= 4) return "columns";
  if (strides.some((stride) => stride > 1)) return "columnsLast";
  return area <= 400 && batch > 1 && maps >= 64 ? "flatOffsets" : "offsets";
}

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
    const extents = whole.shape!.slice(2);
    // What the last stride left over shows up as further taps.
    const cut = extents.some((extent, i) => extent !== kernel[i])
      ? g.slice(whole, {
          starts: kernel.map(() => 0),
          ends: kernel,
          axes: kernel.map((_, i) => i + 2),
        })
      : whole;
    const each = g.reshape(cut, [batch, maps, 1, ...kernel]);
    return g.reduceSum(each, { axes: [0], keepdims: false });
  },

  /** For each tap of the kernel: dy · (what the tap saw)ᵀ per image, summed over the batch. */
  offsets(g, x, dy, conv) {
    const { batch, channels, maps, group, output, kernel } = conv;
    const area = output.reduce((a, b) => a * b, 1);
    const head = group === 1 ? [batch] : [batch, group];
    const left = g.reshape(dy, [...head, maps / group, area]);
    const swap = [...head.map((_, i) => i), head.length + 1, head.length];
    const products = seen(g, x, conv).map((view) => {
      const right = g.reshape(view, [...head, channels / group, area]);
      const product = g.matMul(left, g.transpose(right, swap));
      const sum =
        batch === 1
          ? g.squeeze(product, [0])
          : g.reduceSum(product, { axes: [0], keepdims: false });
      return g.reshape(sum, [maps, channels / group, 1]);
    });
    return g.reshape(joined(g, products, 2), [maps, channels / group, ...kernel]);
  },

  /** The same with the batch laid out along the map: one large product a tap. Without groups. */
  flatOffsets(g, x, dy, conv) {
    const { batch, channels, maps, input, output, kernel } = conv;
    const area = output.reduce((a, b) => a * b, 1);
    const first = [1, 0, ...input.map((_, i) => i + 2)];
    const left = g.reshape(g.transpose(dy, first), [maps, batch * area]);
    const products = seen(g, g.transpose(x, first), conv).map((view) => {
      const right = g.reshape(view, [channels, batch * area]);
      return g.unsqueeze(g.gemm(left, right, undefined, { transB: 1 }), [2]);
    });
    return g.reshape(joined(g, products, 2), [maps, channels, ...kernel]);
  },

  /** im2col: what all taps saw below each other, one product an image. Without groups. */
  columns(g, x, dy, conv) {
    const { batch, channels, maps, output, kernel } = conv;
    const area = output.reduce((a, b) => a * b, 1);
    const taps = kernel.reduce((a, b) => a * b, 1);
    const views = seen(g, x, conv).map((view) => g.reshape(view, [batch, channels, area]));
    const columns = joined(g, views, 1);
    const product = g.matMul(g.reshape(dy, [batch, maps, area]), g.transpose(columns, [0, 2, 1]));
    const sum = g.reshape(g.reduceSum(product, { axes: [0], keepdims: false }), [
      maps,
      taps,
      channels,
    ]);
    return g.reshape(g.transpose(sum, [0, 2, 1]), [maps, channels, ...kernel]);
  },

  /** All taps in one product an image, see {@link sharedTaps}. 2-D, stride 1, without groups. */
  shared: (g, x, dy, conv) => sharedTaps(g, x, dy, conv, { flat: false }),

  /** The same with the batch laid out along the line: one product. */
  flatShared: (g, x, dy, conv) => sharedTaps(g, x, dy, conv, { flat: true }),

  /** im2col with the channels last: one product for the whole batch. Without groups. */
  columnsLast(g, x, dy, conv) {
    const { batch, channels, maps, input, output, kernel } = conv;
    const area = output.reduce((a, b) => a * b, 1);
    const taps = kernel.reduce((a, b) => a * b, 1);
    const last = [0, ...input.map((_, i) => i + 2), 1];
    const views = seen(g, g.transpose(x, last), conv, { channelsLast: true }).map((view) =>
      g.reshape(view, [batch * area, channels]),
    );
    const columns = joined(g, views, 1);
    const left = g.reshape(g.transpose(dy, last), [batch * area, maps]);
    const product = g.gemm(left, columns, undefined, { transA: 1 });
    return g.reshape(g.transpose(g.reshape(product, [maps, taps, channels]), [0, 2, 1]), [
      maps,
      channels,
      ...kernel,
    ]);
  },
};

/**
 * Padded images as one line of pixels each: x with its padding, and dy on the same grid with zeros
 * in what no window starts at. Tap (i, j) then sees x moved by i lines and j pixels:
 *   dw[i, j] = Σ_p dy[p] · x[p + i·width + j]
 * Moving x by the pixels and dy by the lines instead, all taps are one product of a few copies of
 * each: 2·3 copies for a 3 × 3 kernel instead of 9, and a product that is 3 times larger each way.
 * The zeros keep lines and images apart, so that the batch may lie along the line too.
 */
function sharedTaps(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  { batch, channels, maps, input, output, kernel, pads }: Convolution,
  { flat }: { flat: boolean },
): Value {
  const [kh, kw] = kernel as readonly [number, number];
  const height = input[0]! + pads[0]! + pads[2]!;
  const width = input[1]! + pads[1]! + pads[3]!;
  const line = height * width;
  const first = [1, 0, 2, 3];
  const lined = (value: Value, rows: number, around: readonly number[]) => {
    const turned = flat ? g.transpose(value, first) : value;
    const [top, left, bottom, right] = around as readonly [number, number, number, number];
    const padded = around.some((pad) => pad > 0)
      ? g.pad(turned, { pads: [0, 0, top, left, 0, 0, bottom, right] })
      : turned;
    return g.reshape(padded, flat ? [rows, batch * line] : [batch, rows, line]);
  };
  const xs = lined(x, channels, pads);
  const dys = lined(dy, maps, [0, 0, height - output[0]!, width - output[1]!]);
  const axis = flat ? 1 : 2;
  const length = flat ? batch * line : line;
  // Moved ahead, or back for a negative `by`; what runs over the end is zero anyway.
  const moved = (value: Value, by: number) => {
    if (by === 0) return value;
    const kept = g.slice(value, {
      starts: [Math.max(0, by)],
      ends: [length + Math.min(0, by)],
      axes: [axis],
    });
    const pads = Array<number>(2 * (axis + 1)).fill(0);
    pads[by > 0 ? 2 * axis + 1 : axis] = Math.abs(by);
    return g.pad(kept, { pads });
  };
  const lines = Array.from({ length: kh }, (_, i) => moved(dys, -i * width));
  const pixels = Array.from({ length: kw }, (_, j) => moved(xs, j));
  const left = joined(g, lines, axis - 1);
  const right = joined(g, pixels, axis - 1);
  const product = flat
    ? g.gemm(left, right, undefined, { transB: 1 })
    : sumOverBatch(g, g.matMul(left, g.transpose(right, [0, 2, 1])), batch);
  const taps = g.reshape(product, [kh, maps, kw, channels]);
  return g.transpose(taps, [1, 3, 0, 2]);
}

const sumOverBatch = (g: GraphBuilder, products: Value, batch: number): Value =>
  batch === 1 ? g.squeeze(products, [0]) : g.reduceSum(products, { axes: [0], keepdims: false });

/** For each tap of the kernel, in row-major order: the part of the padded image that it saw. */
function seen(
  g: GraphBuilder,
  x: Value,
  { input, output, kernel, strides, dilations, pads }: Convolution,
  { channelsLast = false } = {},
): Value[] {
  const rank = kernel.length;
  const first = channelsLast ? 1 : 2;
  const axes = kernel.map((_, i) => i + first);
  // Only as much padding as the windows reach: what the last stride left over is not read.
  const ends = input.map((extent, i) =>
    Math.max(
      0,
      (output[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]! - extent,
    ),
  );
  const begins = pads.slice(0, rank);
  const reaches = [...begins, ...ends].some((pad) => pad !== 0);
  const head = channelsLast ? [0] : [0, 0];
  const tail = channelsLast ? [0] : [];
  const padded = reaches
    ? g.pad(x, { pads: [...head, ...begins, ...tail, ...head, ...ends, ...tail] })
    : x;
  const whole =
    !reaches && output.every((extent, i) => extent === input[i]) && kernel.every((k) => k === 1);
  if (whole) return [x];
  const taps = kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: taps }, (_, tap) => {
    const starts: number[] = [];
    let rest = tap;
    for (let i = rank - 1; i >= 0; i--) {
      starts[i] = (rest % kernel[i]!) * dilations[i]!;
      rest = Math.floor(rest / kernel[i]!);
    }
    return g.slice(padded, {
      starts,
      ends: starts.map((start, i) => start + (output[i]! - 1) * strides[i]! + 1),
      axes,
      steps: strides,
    });
  });
}

const joined = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0]! : g.concat(values, { axis });
