// The gradient of the kernel of a convolution y = conv(x, w): x is [batch, channels, ...input],
// w [maps, channels / group, ...kernel], y [batch, maps, ...output].
//
// ONNX has no operator for it, and several ways to write it with those it has. Which is fastest depends on the
// shape; they differ up to twentyfold. All are here, as functions of one signature. `chooseKernelGradient` picks by
// rule, and `closeKernelGradients` says which others may be faster on another processor.
import { servedInBlocks } from "../../passes/blocked";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Convolution } from "../../graph/convolution";
import { folded, foldImage, foldsStrides, unfoldKernel } from "../../graph/foldedStrides";
import { chosen, type Target } from "../../closeFormulations";
import { tapProducts, im2col } from "./kernelViews";

/** The gradient of the kernel, [maps, channels / group, ...kernel]. */
export function kernelGradient(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  conv: Convolution,
  target: Target = {},
): Value {
  const { batch, channels, maps, input, output } = conv;
  const shapes = [
    [batch, channels, ...input],
    [batch, maps, ...output],
  ];
  const name = chosen("kernel's gradient", conv, closeKernelGradients(conv, target), target, {
    shapes,
    write: (name, graph, [image, gradient]) =>
      kernelGradients[name](graph, image!, gradient!, conv),
  });
  return kernelGradients[name](g, x, dy, conv);
}

export type KernelGradient =
  | "depthwise"
  | "products"
  | "folded"
  | "perImage"
  | "wholeBatch"
  | "columns"
  | "batchAsChannels"
  | "volume";

/** The formulation for a convolution, by measurement: on CPU and on webgpu (bench/convolutionGradient.ts). */
export function chooseKernelGradient(
  conv: Convolution,
  { block, webgpu = false, gpu = false }: Target = {},
): KernelGradient {
  const { channels, maps, group, kernel, strides, output } = conv;
  const area = output.reduce((a, b) => a * b, 1);
  const taps = kernel.reduce((a, b) => a * b, 1);
  // The others grow with the taps: nodes for each, or a table of the pixels under each.
  if (taps > manyTaps) return "batchAsChannels";
  const rows = output.slice(0, -1).reduce((a, b) => a * b, 1);
  if (webgpu && kernel.length === 2) {
    if (group === channels && group > 1)
      // Each of the kernel's few elements is one thread's, which a large image keeps for long.
      return group === maps && area > largestForThread ? "products" : "depthwise";
    // Its products of few rows and long lines keep few groups of threads busy; images apart, or taps beside each
    // other, keep more.
    if (group === 1 && taps > 1 && taps * rows <= largeTable) return "columns";
  }
  if (group > 1 && block !== undefined && servedInBlocks(conv, block)) return "depthwise";
  if (group > 1)
    return group === channels && (area <= 200 || strides.some((stride) => stride > 1))
      ? "depthwise"
      : "perImage";
  if (!webgpu && !gpu && taps > 1 && isGathered(conv)) {
    // The smaller an image is, the fewer channels are worth a copy of it with the channels last.
    if (channels >= longRun || area <= longRun * channels) return "volume";
  }
  if (taps > 1 && channels <= fewChannels && taps * rows <= largeTable) return "columns";
  if (!webgpu && foldsStrides(conv)) return "folded";
  // The products of the images are summed afterwards, each as large as the kernel. Where that is
  // not little against what goes into them, the batch is better laid along the line.
  return 2 * maps * channels >= (maps + channels) * area ? "wholeBatch" : "perImage";
}

/**
 * The formulations among which a processor may decide, that of {@link chooseKernelGradient} first: on CPU, those that
 * came within half as much again of it for some shape.
 */
export function closeKernelGradients(
  conv: Convolution,
  target: Target = {},
): readonly [KernelGradient, ...KernelGradient[]] {
  const byRule = chooseKernelGradient(conv, target);
  const { channels, maps, group, kernel, output } = conv;
  const area = output.reduce((a, b) => a * b, 1);
  const taps = kernel.reduce((a, b) => a * b, 1);
  const others = (): readonly KernelGradient[] => {
    if (target.webgpu || target.gpu || taps > manyTaps) return [];
    if (group > 1) {
      if (target.block !== undefined && servedInBlocks(conv, target.block)) return [];
      if (group < channels) return ["batchAsChannels"];
      return group === maps ? ["depthwise", "perImage", "products"] : ["depthwise", "perImage"];
    }
    if (taps > 1) {
      const gathered = isGathered(conv) ? "volume" : "batchAsChannels";
      if (channels < shortRun) return ["columns", gathered];
      if (channels <= fewChannels) return ["columns", gathered, "batchAsChannels"];
      if (channels >= longRun) return [gathered, "perImage", "wholeBatch"];
      return [gathered, "perImage", foldsStrides(conv) ? "folded" : "columns"];
    }
    // Products of lines alone: far from where the sizes of both balance there is nothing to decide.
    const balance = (2 * maps * channels) / ((maps + channels) * area);
    return balance > 1 / 4 && balance < 4 ? ["perImage", "wholeBatch"] : [];
  };
  return [byRule, ...others().filter((name) => name !== byRule)];
}

/** Whether "volume" serves it, and its channels make runs that are worth gathering. */
const isGathered = ({ channels, kernel }: Convolution): boolean =>
  channels >= shortRun && kernel.length <= 2;

const manyTaps = 256;
/** Channels at most of which all pixels under a kernel are little beside the products. */
const fewChannels = 8;
/** Channels from which on a copy of an image with the channels last may be worth it, and is in any image. */
const [shortRun, longRun] = [4, 24];
const largeTable = 2 ** 22;
const largestForThread = 800;

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
    const untrimmed = g.conv(image, kernels, undefined, {
      strides: dilations,
      dilations: strides,
      pads,
      group: batch * channels,
    });
    return sumOverBatch(
      g,
      g.reshape(trimTo(g, untrimmed, kernel), [batch, maps, 1, ...kernel]),
      batch,
    );
  },

  /** For each tap, dy times the pixels under it, summed over the image. For groups of one channel and map. */
  products(g, x, dy, conv) {
    const { batch, channels, kernel } = conv;
    const axes = kernel.map((_, i) => i + 2);
    const sums = tapProducts(g, x, dy, conv, {
      image: (view) => view,
      gradient: (view) => view,
      product: (left, right) => g.reduceSum(g.mul(left, right), { axes, keepdims: false }),
    });
    const taps = sums.map((sum) => g.unsqueeze(sum, [2]));
    return g.reshape(sumOverBatch(g, concatOf(g, taps, 2), batch), [channels, 1, ...kernel]);
  },

  /**
   * As `depthwise`, for groups of any size: batch and channels of the image are swapped, so that the
   * convolution sums over the batch. For kernels of very many taps: it is one convolution.
   */
  batchAsChannels(g, x, dy, conv) {
    const { batch, channels, group, input, output, kernel, strides, dilations, pads } = conv;
    const split = g.reshape(x, [batch, group, channels / group, ...input]);
    const image = g.reshape(g.transpose(split, [2, 1, 0, ...input.map((_, i) => i + 3)]), [
      channels / group,
      group * batch,
      ...input,
    ]);
    const kernels = g.transpose(dy, [1, 0, ...output.map((_, i) => i + 2)]);
    const attributes = { strides: dilations, dilations: strides, pads, group };
    const gradient = trimTo(g, g.conv(image, kernels, undefined, attributes), kernel);
    return g.transpose(gradient, [1, 0, ...kernel.map((_, i) => i + 2)]);
  },

  /** As the kernel of a convolution of stride 1, where {@link foldsStrides}. */
  folded(g, x, dy, conv) {
    const inner = folded(conv);
    const gradient = kernelGradient(g, foldImage(g, x, conv), dy, inner);
    return unfoldKernel(g, gradient, conv);
  },

  /** For each tap of the kernel: dy · (the pixels under it)ᵀ per image, summed over the batch. */
  perImage(g, x, dy, conv) {
    const { batch, channels, maps, group, kernel } = conv;
    const head = group === 1 ? [batch] : [batch, group];
    const swap = [...head.map((_, i) => i), head.length + 1, head.length];
    const products = tapProducts(g, x, dy, conv, {
      image: (view, length) =>
        g.transpose(g.reshape(view, [...head, channels / group, length]), swap),
      gradient: (view, length) => g.reshape(view, [...head, maps / group, length]),
      product: (left, right) => sumOverBatch(g, g.matMul(left, right), batch),
    });
    const taps = products.map((product) => g.reshape(product, [maps, channels / group, 1]));
    return g.reshape(concatOf(g, taps, 2), [maps, channels / group, ...kernel]);
  },

  /** The same with the batch laid out along the line: one larger product a tap. Without groups. */
  wholeBatch(g, x, dy, conv) {
    const { batch, channels, maps, input, kernel } = conv;
    const first = [1, 0, ...input.map((_, i) => i + 2)];
    const products = tapProducts(g, g.transpose(x, first), g.transpose(dy, first), conv, {
      image: (view, length) => g.reshape(view, [channels, batch * length]),
      gradient: (view, length) => g.reshape(view, [maps, batch * length]),
      product: (left, right) => g.gemm(left, right, undefined, { transB: 1 }),
    });
    const taps = products.map((product) => g.unsqueeze(product, [2]));
    return g.reshape(concatOf(g, taps, 2), [maps, channels, ...kernel]);
  },

  /**
   * One image of as many channels as the batch has images, with the channels as its last extent: ONNX Runtime gathers
   * the pixels under a tap in runs of all channels, a piece at a time, where other formulations copy the image for each
   * tap. Without groups; for images of one or two extents, as ONNX Runtime has no such convolution of more.
   */
  volume(g, x, dy, { batch, channels, maps, input, output, kernel, strides, dilations, pads }) {
    const rank = kernel.length;
    const spatial = kernel.map((_, i) => i + 2);
    const image = g.reshape(g.transpose(x, [0, ...spatial, 1]), [1, batch, ...input, channels]);
    const kernels = g.reshape(g.transpose(dy, [1, 0, ...spatial]), [maps, batch, ...output, 1]);
    const gradient = g.conv(image, kernels, undefined, {
      strides: [...dilations, 1],
      dilations: [...strides, 1],
      pads: [...pads.slice(0, rank), 0, ...pads.slice(rank), 0],
    });
    const channelsFirst = [0, rank + 1, ...kernel.map((_, i) => i + 1)];
    return trimTo(g, g.transpose(g.squeeze(gradient, [0]), channelsFirst), kernel);
  },

  /** im2col: the pixels under all taps below each other, one product an image. Without groups. */
  columns(g, x, dy, conv) {
    const { batch, channels, maps, output, kernel } = conv;
    const area = output.reduce((a, b) => a * b, 1);
    const kernelWidth = kernel.at(-1)!;
    const rows = kernel.slice(0, -1).reduce((a, b) => a * b, 1);
    const columns = g.reshape(im2col(g, x, conv), [batch, channels * kernelWidth * rows, area]);
    const product = g.matMul(g.reshape(dy, [batch, maps, area]), g.transpose(columns, [0, 2, 1]));
    const sum = g.reshape(sumOverBatch(g, product, batch), [maps, channels, kernelWidth, rows]);
    return g.reshape(g.transpose(sum, [0, 1, 3, 2]), [maps, channels, ...kernel]);
  },
};

/** What the last stride left over shows up as further taps, which are cut off. */
function trimTo(g: GraphBuilder, untrimmed: Value, kernel: readonly number[]): Value {
  if (untrimmed.shape!.slice(2).every((extent, i) => extent === kernel[i])) return untrimmed;
  const axes = kernel.map((_, i) => i + 2);
  return g.slice(untrimmed, { starts: kernel.map(() => 0), ends: kernel, axes });
}

const sumOverBatch = (g: GraphBuilder, products: Value, batch: number): Value =>
  batch === 1 ? g.squeeze(products, [0]) : g.reduceSum(products, { axes: [0], keepdims: false });

const concatOf = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0]! : g.concat(values, { axis });
