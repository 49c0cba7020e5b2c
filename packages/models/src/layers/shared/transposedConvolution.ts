// What Conv1DTranspose, Conv2DTranspose and Conv3DTranspose share: the gradients of convolutions with respect
// to their inputs, kernel [...space, filters, in].
import { CajalError, showShape } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import * as f from "../definition/fields";
import type { LowerContext, WeightSpec } from "../definition/layer";
import { trainable, weightFields } from "../definition/weightFields";
import { activate } from "../definition/activations";
import { channelsOf, sizeOfExample } from "./shapes";
import { reach } from "./windows";

export const transposedFields = <E, G>(extents: f.Maker<E, G>, ones: E) => ({
  filters: f.positive(),
  kernel_size: extents(),
  strides: extents(ones),
  padding: f.oneOf(["valid", "same"])("valid"),
  data_format: f.dataFormat("channels_last"),
  dilation_rate: extents(ones),
  activation: f.activation("linear"),
  use_bias: f.flag(true),
  ...weightFields("kernel", "glorot_uniform"),
  ...weightFields("bias", "zeros"),
});

type Extents = readonly number[];

type Config = f.ConfigOf<ReturnType<typeof transposedFields<Extents, Extents>>> & {
  readonly output_padding: Extents | null;
};

export function transposedShape(config: Config, x: KerasShape): KerasShape {
  channelsOf(x);
  const { output_padding, strides } = config;
  if (output_padding?.some((extra, i) => extra >= strides[i]!))
    throw new CajalError(
      "bad-argument",
      `output_padding ${showShape(output_padding)}: expected less than the strides, ${showShape(strides)}`,
      { output_padding, strides },
    );
  const spatial = x
    .slice(1, -1)
    .map((size, i) => (size === null ? null : (size - 1) * strides[i]! + grown(config, i).extent));
  return [x[0]!, ...spatial, config.filters];
}

export const transposedWeights = (config: Config, x: KerasShape): WeightSpec[] => [
  trainable(config, "kernel", [...config.kernel_size, config.filters, channelsOf(x)]),
  ...(config.use_bias ? [trainable(config, "bias", [config.filters])] : []),
];

/** Every input element meets the whole kernel. */
export const transposedMacs = ({ filters, kernel_size }: Config, x: KerasShape): number =>
  sizeOfExample(x) * kernel_size.reduce((size, extent) => size * extent, filters);

/** On values that lie channels first. */
export function lowerTransposed(
  config: Config,
  x: Value,
  g: GraphBuilder,
  { weight }: Pick<LowerContext, "weight">,
): Value {
  const axes = config.kernel_size.map((_, i) => grown(config, i));
  // […space, out, in] -> [in, out, …space]
  const rank = axes.length;
  const permute = [rank + 1, rank, ...axes.keys()];
  const kernel = weight("kernel", [{ permute }]);
  const y = g.convTranspose(x, kernel, config.use_bias ? weight("bias") : undefined, {
    kernel_shape: config.kernel_size,
    strides: config.strides,
    dilations: config.dilation_rate,
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
    output_padding: axes.map(({ more }) => more),
  });
  return activate(config.activation, y, g, 1);
}

/**
 * What one axis gives beyond (size - 1) · stride, the part of the full result that is cut off before
 * and after (TensorFlow's rule: the odd one after), and what is added where the kernel does not reach.
 */
function grown(
  config: Config,
  axis: number,
): { extent: number; before: number; after: number; more: number } {
  const { output_padding, padding } = config;
  const stride = config.strides[axis]!;
  const kernelReach = reach(config.kernel_size[axis]!, config.dilation_rate[axis]!);
  const border = padding === "same" ? Math.floor(kernelReach / 2) : 0;
  const natural = padding === "same" ? stride : Math.max(kernelReach, stride);
  const extent = output_padding ? kernelReach - 2 * border + output_padding[axis]! : natural;
  const cut = Math.max(kernelReach - extent, 0);
  return {
    extent,
    before: Math.floor(cut / 2),
    after: Math.ceil(cut / 2),
    more: Math.max(extent - kernelReach, 0),
  };
}
