// A convolution whose windows tile (stride 2, kernel 4 or 2) as one of stride 1: what lies within a stride becomes
// channels (SpaceToDepth), so a 4 × 4 kernel over c channels is a 2 × 2 kernel over 4 c. There are as many
// multiply-adds, but in fewer and larger products, of rows that are read as they lie.
import type { GraphBuilder, Value } from "./builder";
import type { Convolution } from "./convolution";

/** Whether a convolution can be written so without zeros in its kernel. */
export const foldsStrides = ({ group, kernel, strides, dilations }: Convolution): boolean =>
  kernel.length === 2 &&
  group === 1 &&
  strides[0]! > 1 &&
  strides[0] === strides[1] &&
  dilations.every((dilation) => dilation === 1) &&
  kernel.every((k, i) => Number.isInteger(k / strides[i]!));

/** The convolution of stride 1 over the folded image, which has its padding already. */
export function folded(conv: Convolution): Convolution {
  const { channels, kernel, strides, output } = conv;
  const taps = kernel.map((k, i) => k / strides[i]!);
  return {
    ...conv,
    channels: channels * strides[0]! ** 2,
    kernel: taps,
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    input: output.map((extent, i) => extent - 1 + taps[i]!),
  };
}

/** x, padded (or cut) to what the windows cover, with the pixels of a stride as channels. */
export function foldImage(g: GraphBuilder, x: Value, conv: Convolution): Value {
  const margins = marginsOf(conv);
  const covered = margins.some((margin) => margin !== 0)
    ? g.pad(x, { pads: [0, 0, ...margins.slice(0, 2), 0, 0, ...margins.slice(2)] })
    : x;
  return g.spaceToDepth(covered, { blocksize: conv.strides[0]! });
}

/** The kernel, [maps, channels, …], from that for the folded image. */
export const unfoldKernel = (g: GraphBuilder, w: Value, { strides }: Convolution): Value =>
  g.depthToSpace(w, { blocksize: strides[0]! });

/** What the windows cover beyond the image, before and after; below 0 where they leave some of it out. */
export function marginsOf({ input, output, kernel, strides, pads }: Convolution): number[] {
  const after = input.map(
    (extent, i) => (output[i]! - 1) * strides[i]! + kernel[i]! - pads[i]! - extent,
  );
  return [...pads.slice(0, 2), ...after];
}
