// The gradient of the image of a convolution y = conv(x, w): x is [batch, channels, ...input],
// w [maps, channels / group, ...kernel], y [batch, maps, ...output].
import { servedInBlocks } from "../../passes/blocked";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Convolution } from "../../graph/convolution";
import { chosen, type Target } from "../../closeFormulations";

/** The gradient of the image. */
export function imageGradient(
  g: GraphBuilder,
  dy: Value,
  w: Value,
  conv: Convolution,
  kernelFacts: KernelFacts = {},
): Value {
  const { batch, channels, maps, group, kernel, output } = conv;
  const shapes = [
    [batch, maps, ...output],
    [maps, channels / group, ...kernel],
  ];
  const close = closeImageGradients(conv, kernelFacts);
  const name = chosen("image's gradient", conv, close, kernelFacts, {
    shapes,
    write: (name, graph, [gradient, filter]) =>
      imageGradients[name](graph, gradient!, filter!, conv),
  });
  return imageGradients[name](g, dy, w, conv);
}

/** What the choice of a formulation depends on, besides extents. */
export interface KernelFacts extends Target {
  /** Whether the kernel is a constant, which ONNX Runtime flips and lays in blocks when it opens the graph. */
  readonly constant?: boolean;
}

export type ImageGradient = "flipped" | "transposed" | "columns";

/** The formulation for a convolution, by measurement: on CPU and on webgpu (bench/convolutionGradient.ts). */
export function chooseImageGradient(
  conv: Convolution,
  { block, webgpu = false, constant = false }: KernelFacts,
): ImageGradient {
  const { channels, maps, group, kernel, output } = conv;
  if (block !== undefined && !constant && servedInBlocks(conv, block, true)) return "transposed";
  if (!flippable(conv)) return "transposed";
  if (constant || kernel.every((k) => k === 1)) return "flipped";
  if (webgpu) return group === 1 ? "transposed" : "flipped";
  // A convolution gathers the window of each of its many maps before it makes few channels of them; the
  // transposed one makes the few first.
  if (group === 1 && maps >= 2 * channels) return "transposed";
  // Flipping costs a copy of the kernel, which a large one over a small map does not repay.
  const area = output.reduce((a, b) => a * b, 1);
  return (maps * channels) / group < 64 * 1024 || area > 400 ? "flipped" : "transposed";
}

/** The formulations among which a processor may decide, that of {@link chooseImageGradient} first. */
export function closeImageGradients(
  conv: Convolution,
  kernelFacts: KernelFacts,
): readonly [ImageGradient, ...ImageGradient[]] {
  const byRule = chooseImageGradient(conv, kernelFacts);
  const { block, webgpu, gpu, constant } = kernelFacts;
  const isDecided =
    webgpu ||
    constant ||
    conv.kernel.every((k) => k === 1) ||
    (block !== undefined && servedInBlocks(conv, block, true));
  if (isDecided) return [byRule];
  const others = (["flipped", "transposed"] as const).filter(
    (name) => name !== byRule && (name !== "flipped" || flippable(conv)),
  );
  const { batch, channels, group, kernel, output } = conv;
  const elements = product([batch, channels, ...kernel, ...output]);
  const fits = !gpu && group === 1 && kernel.length === 2 && elements <= maxElements && coversAllWindows(conv); // prettier-ignore
  return [byRule, ...others, ...(fits ? (["columns"] as const) : [])];
}

/** Elements of {@link imageGradients.columns} at most, 32 MB. */
const maxElements = 2 ** 23;

/** With stride 1, and no padding beyond what a window reaches. */
export const flippable = ({ kernel, strides, dilations, pads }: Convolution): boolean =>
  strides.every((stride) => stride === 1) &&
  pads.every((pad, i) => pad <= (kernel[i % kernel.length]! - 1) * dilations[i % kernel.length]!);

/** Whether the output is of all windows that lie in the padded image, and of no others, as Col2Im wants it. */
export const coversAllWindows = ({
  input,
  output,
  kernel,
  strides,
  dilations,
  pads,
}: Convolution) =>
  output.every((extent, i) => {
    const room = input[i]! + pads[i]! + pads[i + kernel.length]!;
    const window = (kernel[i]! - 1) * dilations[i]! + 1;
    return extent === Math.floor((room - window) / strides[i]!) + 1;
  });

export const imageGradients: Record<
  ImageGradient,
  (g: GraphBuilder, dy: Value, w: Value, conv: Convolution) => Value
> = {
  /**
   * With stride 1 it is again a convolution, of dy, with the kernel flipped and its channels and
   * maps swapped.
   */
  flipped(g, dy, w, conv) {
    const { kernel, dilations, pads, group } = conv;
    const rank = kernel.length;
    const transposedPads = pads.map(
      (pad, i) => (kernel[i % rank]! - 1) * dilations[i % rank]! - pad,
    );
    const flipped = kernel.every((k) => k === 1)
      ? w
      : g.slice(w, {
          starts: kernel.map(() => -1),
          ends: kernel.map(() => -(2 ** 31)),
          axes: kernel.map((_, i) => i + 2),
          steps: kernel.map(() => -1),
        });
    return g.conv(dy, swapChannels(g, flipped, conv), undefined, {
      pads: transposedPads,
      dilations,
      group,
    });
  },

  /** The transposed convolution of dy with w. */
  transposed(g, dy, w, { input, output, kernel, strides, dilations, pads, group }) {
    const rank = kernel.length;
    // What the last stride left over belongs to no window; where a pool's last window stands out
    // beyond the padding, the excess is cut off.
    const uncovered = input.map(
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
      pads: pads.map((pad, i) => (i < rank ? pad : pad + Math.max(0, -uncovered[i - rank]!))),
      group,
      ...(uncovered.some((extent) => extent > 0)
        ? { output_padding: uncovered.map((extent) => Math.max(0, extent)) }
        : {}),
    });
  },

  /**
   * What each tap adds for each place of the output, as one product an image, and then all of it added up in place. On
   * several threads ONNX Runtime's transposed convolution shares out the product of each image, which for small ones
   * takes longer than computing it; here each thread has images of its own.
   */
  columns(
    g,
    dy,
    w,
    { batch, channels, maps, group, input, output, kernel, strides, dilations, pads },
  ) {
    const places = product(output);
    const taps = (channels / group) * product(kernel);
    const byGroup = group === 1 ? [] : [group];
    const perTap = g.matMul(
      g.transpose(
        g.reshape(w, [...byGroup, maps / group, taps]),
        byGroup.length ? [0, 2, 1] : [1, 0],
      ),
      g.reshape(dy, [batch, ...byGroup, maps / group, places]),
    );
    const columns = g.reshape(perTap, [batch, group * taps, places]);
    return g.op("Col2Im", [columns, g.int64s(input), g.int64s(kernel)], {
      strides,
      dilations,
      pads,
    });
  },
};

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

/** [maps, channels / group, ...] → [channels, maps / group, ...], group by group. */
function swapChannels(
  g: GraphBuilder,
  w: Value,
  { group, maps, channels, kernel }: Convolution,
): Value {
  const spatial = kernel.map((_, i) => i);
  if (group === 1) return g.transpose(w, [1, 0, ...spatial.map((i) => i + 2)]);
  if (maps === group && channels === group) return w;
  const split = g.reshape(w, [group, maps / group, channels / group, ...kernel]);
  const transposed = g.transpose(split, [0, 2, 1, ...spatial.map((i) => i + 3)]);
  return g.reshape(transposed, [channels, maps / group, ...kernel]);
}
