// Windows that slide over an axis (convolutions, pools): how many fit and what `same` pads. Keras
// pads so that ceil(size / stride) windows fit, the odd one at the end: at stride 2 on even sizes
// only bottom and right, where PyTorch pads both sides.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";

export type Padding = "valid" | "same" | "causal";

/** The `pads` of a convolution: zeros around its input are the same as padding of its own. */
export const padsWhereValid = ({ padding }: { readonly padding: Padding }): boolean =>
  padding === "valid";

/** Extents that a kernel covers, dilation included. */
export const reach = (kernel: number, dilation: number) => (kernel - 1) * dilation + 1;

/**
 * Number of windows along an axis; null where the axis is free.
 *
 * @throws CajalError `bad-shape` when not even one fits
 */
export function windows(
  size: number | null,
  { kernel, stride, dilation = 1, padding }: Window,
): number | null {
  if (size === null) return null;
  if (padding !== "valid") return Math.ceil(size / stride);
  const count = Math.floor((size - reach(kernel, dilation)) / stride) + 1;
  if (count < 1)
    throw new CajalError(
      "bad-shape",
      `a window of ${reach(kernel, dilation)} does not fit into an extent of ${size} with padding "valid"; pad the input, or use padding "same"`,
      { size, window: reach(kernel, dilation) },
    );
  return count;
}

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation?: number;
  readonly padding: Padding;
}

/** What is padded before and after an axis of known size. */
export function pads(
  size: number,
  { kernel, stride, dilation = 1, padding }: Window,
): readonly [before: number, after: number] {
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [reach(kernel, dilation) - 1, 0];
  const total = Math.max(
    (Math.ceil(size / stride) - 1) * stride + reach(kernel, dilation) - size,
    0,
  );
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * The padding of all spatial axes as ONNX attributes. Where an extent is free, `same` is left to the
 * engine (`SAME_UPPER` is Keras' rule).
 *
 * @param beside what is padded where the layer itself pads nothing
 */
export function padAttributes(
  sizes: readonly (number | null)[],
  axes: readonly Window[],
  beside?: readonly (readonly [before: number, after: number])[],
): { pads?: number[]; auto_pad?: "SAME_UPPER" } {
  if (!beside && axes.every(({ padding }) => padding === "valid")) return {};
  if (sizes.some((size, i) => size === null && axes[i]!.padding === "same"))
    return { auto_pad: "SAME_UPPER" };
  // Causal padding does not depend on the size.
  const sidePads = axes.map((axis, i) => beside?.[i] ?? pads(sizes[i] ?? 0, axis));
  if (sidePads.every(([before, after]) => before === 0 && after === 0)) return {};
  return { pads: [...sidePads.map(([before]) => before), ...sidePads.map(([, after]) => after)] };
}

/**
 * `x`, channels first, for windows whose padding {@link padAttributes} leaves to the engine: without what lies behind the last
 * window where windows are smaller than their stride. ONNX Runtime (1.30) pads less than nothing there: it shifts
 * windows of convolutions, and refuses pools.
 */
export function upToLastWindow(
  g: GraphBuilder,
  x: Value,
  sizes: readonly (number | null)[],
  axes: readonly Window[],
): Value {
  if (!padAttributes(sizes, axes).auto_pad) return x;
  return axes.reduce((trimmed, { kernel, stride, dilation = 1 }, i) => {
    const window = reach(kernel, dilation);
    if (window >= stride) return trimmed;
    const extent = g.shape(x, { start: i + 2, end: i + 3 });
    const lastStart = g.mul(g.div(g.sub(extent, 1), stride), stride);
    return g.slice(trimmed, { starts: [0], ends: g.add(lastStart, window), axes: [i + 2] });
  }, x);
}

/** The windows of a layer's axes, from its config. */
export const slide = (
  kernel: readonly number[],
  {
    strides,
    dilation_rate,
    padding,
  }: {
    readonly strides: readonly number[];
    readonly dilation_rate?: readonly number[];
    readonly padding: Padding;
  },
): Window[] =>
  kernel.map((extent, i) => ({
    kernel: extent,
    stride: strides[i]!,
    dilation: dilation_rate?.[i] ?? 1,
    padding,
  }));
