// What the gradient of a convolution's kernel is a product of: views of the image, and of the gradient of y, whose
// products are the taps of the kernel.
import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Convolution } from "../../graph/convolution";

/** The products of all taps, in row-major order, each view prepared once. */
export function tapProducts(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  conv: Convolution,
  multiply: {
    image(view: Value, length: number): Value;
    gradient(view: Value, length: number): Value;
    product(gradient: Value, image: Value): Value;
  },
): Value[] {
  const { images, gradients, length, tapOf } = viewsOf(g, x, dy, conv);
  const right = images.map((view) => multiply.image(view, length));
  const left = gradients.map((view) => multiply.gradient(view, length));
  const taps = conv.kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: taps }, (_, tap) => {
    const { gradient, image } = tapOf(tap);
    return multiply.product(left[gradient]!, right[image]!);
  });
}

/**
 * The views whose products are the taps. A tap reads x moved along every axis; of these moves, the
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
  const isStridedAndDilated = stride > 1 && dilation > 1;
  const phases = isStridedAndDilated ? kernel[0]! : Math.min(stride, kernel[0]!);
  const moves = isStridedAndDilated ? 1 : Math.ceil(kernel[0]! / stride);
  const step = isStridedAndDilated ? 0 : dilation;
  const rows = output[0]! + (moves - 1) * step;
  const otherOutputs = output.slice(1).reduce((a, b) => a * b, 1);

  const padsBegin = pads.slice(0, rank);
  const reach = output.map((extent, i) =>
    i === 0
      ? (rows - 1) * stride + (isStridedAndDilated ? (phases - 1) * dilation : phases - 1) + 1
      : (extent - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1,
  );
  const padsEnd = reach.map((extent, i) => Math.max(0, extent - padsBegin[i]! - input[i]!));
  const padded = [...padsBegin, ...padsEnd].some((pad) => pad !== 0)
    ? g.pad(x, { pads: [0, 0, ...padsBegin, 0, 0, ...padsEnd] })
    : x;
  const otherTaps = kernel.slice(1).reduce((a, b) => a * b, 1);
  const axes = kernel.map((_, i) => i + 2);
  const images = Array.from({ length: phases * otherTaps }, (_, view) => {
    const starts = [Math.floor(view / otherTaps) * (isStridedAndDilated ? dilation : 1)];
    let remaining = view % otherTaps;
    for (let i = rank - 1; i >= 1; i--) {
      starts[i] = (remaining % kernel[i]!) * dilations[i]!;
      remaining = Math.floor(remaining / kernel[i]!);
    }
    const extents = [rows, ...output.slice(1)];
    const isWhole = starts.every(
      (start, i) =>
        start === 0 && strides[i] === 1 && extents[i] === padsBegin[i]! + input[i]! + padsEnd[i]!,
    );
    return isWhole
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
    const zeros = Array<number>(rank - 1).fill(0);
    return g.pad(dy, {
      pads: [0, 0, move * step, ...zeros, 0, 0, (moves - 1 - move) * step, ...zeros],
    });
  });
  return {
    images,
    gradients,
    /** Pixels of a view. */
    length: rows * otherOutputs,
    /** Which two views make a tap. */
    tapOf: (tap: number) => {
      const row = Math.floor(tap / otherTaps);
      return {
        gradient: Math.floor(row / phases),
        image: (row % phases) * otherTaps + (tap % otherTaps),
      };
    },
  };
}

/**
 * The pixels under each tap of the kernel (im2col): [batch, channels · taps along the last axis, taps along
 * all others, windows along all others, windows along the last].
 *
 * Along the last axis a convolution with kernels of a single 1 moves the image, and pads it on the way;
 * along the others whole rows are picked. A Slice for each tap takes twice as long.
 */
export function im2col(
  g: GraphBuilder,
  x: Value,
  { batch, channels, input, output, kernel, strides, dilations, pads }: Convolution,
): Value {
  const last = kernel.length - 1;
  const [width, kernelWidth] = [output[last]!, kernel[last]!];
  const padsBegin = pads.slice(0, kernel.length);
  // Only as much padding as the windows reach: what the last stride left over is not read.
  const padsEnd = input.map((extent, i) =>
    Math.max(
      0,
      (output[i]! - 1) * strides[i]! +
        (kernel[i]! - 1) * dilations[i]! +
        1 -
        padsBegin[i]! -
        extent,
    ),
  );
  const alongLast = (n: number) => kernel.map((_, i) => (i === last ? n : 1));
  const ones = g.constant(
    tensor(
      "float32",
      [channels * kernelWidth, 1, ...alongLast(kernelWidth)],
      Array.from({ length: channels * kernelWidth ** 2 }, (_, i) =>
        i % kernelWidth === Math.floor(i / kernelWidth) % kernelWidth ? 1 : 0,
      ),
    ),
  );
  const shiftedImages = g.conv(x, x.dtype === "float32" ? ones : g.cast(ones, x.dtype), undefined, {
    strides: alongLast(strides[last]!),
    dilations: alongLast(dilations[last]!),
    pads: [...padsBegin, ...padsEnd],
    group: channels,
  });
  const windowColumns =
    shiftedImages.shape!.at(-1) === width
      ? shiftedImages
      : g.slice(shiftedImages, { starts: [0], ends: [width], axes: [last + 2] });
  // A row's number among those of all axes but the last: where a window begins, and a tap in it.
  const extents = input.slice(0, -1).map((extent, i) => padsBegin[i]! + extent + padsEnd[i]!);
  const pitches = extents.map((_, i) => extents.slice(i + 1).reduce((a, b) => a * b, 1));
  const numbers = (counts: readonly number[], steps: readonly number[]) =>
    pitches.reduce(
      (offsets, pitch, i) =>
        offsets.flatMap((from) =>
          Array.from({ length: counts[i]! }, (_, n) => from + n * steps[i]! * pitch),
        ),
      [0],
    );
  const windows = numbers(output, strides);
  const taps = numbers(kernel, dilations);
  const rows = extents.reduce((a, b) => a * b, 1);
  return g.gather(
    g.reshape(windowColumns, [batch, channels * kernelWidth, rows, width]),
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
