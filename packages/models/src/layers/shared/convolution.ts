// What convolutions along one, two and three axes have in common. Kernels lie as in Keras: spatial axes
// first, then [in / groups, filters], or [in, multiplier] of a depthwise one.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import * as f from "../definition/fields";
import type { LowerContext, WeightSpec } from "../definition/layer";
import { trainable, weightFields } from "../definition/weightFields";
import { activate } from "../definition/activations";
import { channelsOf } from "./shapes";
import { padAttributes, slide, upToLastWindow, windows, type Padding } from "./windows";

/** Where windows lie; `extents` reads one whole number an axis. */
const windowFields = <E, G, P extends Padding>(
  extents: f.Maker<E, G>,
  ones: E,
  paddings: readonly P[],
) => ({
  kernel_size: extents(),
  strides: extents(ones),
  padding: f.oneOf(["valid", "same", ...paddings])("valid"),
});

const elementFields = <E, G>(extents: f.Maker<E, G>, ones: E) => ({
  data_format: f.dataFormat("channels_last"),
  dilation_rate: extents(ones),
});

const filters = { filters: f.positive() };
const depthMultiplier = { depth_multiplier: f.positive(1) };
const biasAndActivation = { activation: f.activation("linear"), use_bias: f.flag(true) };

// In Keras' order, which is that of the JSON that is written.

/** @param paddings what `padding` may be beside "valid" and "same" */
export const convolutionFields = <E, G, P extends Padding = never>(
  extents: f.Maker<E, G>,
  ones: E,
  paddings: readonly P[] = [],
) => ({
  ...filters,
  ...windowFields(extents, ones, paddings),
  ...elementFields(extents, ones),
  groups: f.positive(1),
  ...biasAndActivation,
  ...weightFields("kernel", "glorot_uniform"),
  ...weightFields("bias", "zeros"),
});

export const depthwiseFields = <E, G>(extents: f.Maker<E, G>, ones: E) => ({
  ...windowFields(extents, ones, []),
  ...depthMultiplier,
  ...elementFields(extents, ones),
  ...biasAndActivation,
  ...weightFields("depthwise", "glorot_uniform"),
  ...weightFields("bias", "zeros"),
});

export const separableFields = <E, G>(extents: f.Maker<E, G>, ones: E) => ({
  ...filters,
  ...windowFields(extents, ones, []),
  ...elementFields(extents, ones),
  ...depthMultiplier,
  ...biasAndActivation,
  ...weightFields("depthwise", "glorot_uniform"),
  ...weightFields("pointwise", "glorot_uniform"),
  ...weightFields("bias", "zeros"),
});

interface Windows {
  readonly kernel_size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation_rate: readonly number[];
  readonly padding: Padding;
  readonly activation: string;
  readonly use_bias: boolean;
}

interface Convolution extends Windows, ObjectsOf<"kernel" | "bias"> {
  readonly filters: number;
  readonly groups: number;
}

interface Depthwise extends Windows, ObjectsOf<"depthwise" | "bias"> {
  readonly depth_multiplier: number;
}

interface Separable extends Depthwise, ObjectsOf<"pointwise"> {
  readonly filters: number;
}

type ObjectsOf<Name extends string> = {
  readonly [K in `${Name}_${"initializer" | "regularizer" | "constraint"}`]: f.KerasObject;
};

/** Numbers of windows along the spatial axes. */
const windowsOf = (config: Windows, x: KerasShape) =>
  slide(config.kernel_size, config).map((axis, i) => windows(x[i + 1]!, axis));

/** Product of the spatial extents; NaN where one is free. */
const area = (shape: KerasShape) =>
  shape.slice(1, -1).reduce<number>((size, extent) => size * (extent ?? NaN), 1);

const product = (extents: readonly number[]) => extents.reduce((size, extent) => size * extent, 1);

/** Conv's attributes: windows of `config` over inputs of shape `x`, channels in groups. */
const attributes = (
  config: Windows,
  x: KerasShape,
  { padding, group }: { padding: LowerContext["padding"]; group: number },
) => ({
  kernel_shape: config.kernel_size,
  strides: config.strides,
  dilations: config.dilation_rate,
  group,
  ...padAttributes(x.slice(1, -1), slide(config.kernel_size, config), padding),
});

/** What windows of `config` over x, of shape `shape`, reach. */
const reached = (config: Windows, x: Value, g: GraphBuilder, shape: KerasShape) =>
  upToLastWindow(g, x, shape.slice(1, -1), slide(config.kernel_size, config));

/** A kernel's axes as ONNX has them: the last two first, the very last before the other. */
const channelsBeforeSpace = (
  spatial: readonly number[],
  [first, second]: readonly [1 | 0, 1 | 0],
) => [spatial.length + first, spatial.length + second, ...spatial.keys()];

export const convolutionShape = (config: Convolution, x: KerasShape): KerasShape => {
  const { filters, groups } = config;
  const channels = channelsOf(x);
  if (channels % groups !== 0 || filters % groups !== 0)
    throw new CajalError(
      "bad-shape",
      `${channels} input channels and ${filters} filters do not divide into ${groups} groups`,
      { channels, filters, groups },
    );
  return [x[0]!, ...windowsOf(config, x), filters];
};

export const convolutionWeights = (config: Convolution, x: KerasShape): WeightSpec[] => {
  const { filters, groups, kernel_size, use_bias } = config;
  return [
    trainable(config, "kernel", [...kernel_size, channelsOf(x) / groups, filters]),
    ...(use_bias ? [trainable(config, "bias", [filters])] : []),
  ];
};

export const convolutionMacs = (config: Convolution, x: KerasShape, y: KerasShape): number =>
  (area(y) * config.filters * product(config.kernel_size) * channelsOf(x)) / config.groups;

export function lowerConvolution(
  config: Convolution,
  x: Value,
  g: GraphBuilder,
  { inputs, padding, weight }: LowerContext,
): Value {
  // HWIO -> OIHW
  const permute = channelsBeforeSpace(config.kernel_size, [1, 0]);
  const y = g.conv(
    reached(config, x, g, inputs[0]!),
    weight("kernel", [{ permute }]),
    config.use_bias ? weight("bias") : undefined,
    attributes(config, inputs[0]!, { padding, group: config.groups }),
  );
  return activate(config.activation, y, g, 1);
}

export const depthwiseShape = (config: Depthwise, x: KerasShape): KerasShape => {
  const channels = channelsOf(x) * config.depth_multiplier;
  return [x[0]!, ...windowsOf(config, x), channels];
};

export const depthwiseWeights = (config: Depthwise, x: KerasShape): WeightSpec[] => {
  const { depth_multiplier, kernel_size, use_bias } = config;
  const channels = channelsOf(x);
  return [
    // Keras 3 names it "kernel", Keras 2 and TF.js "depthwise_kernel".
    trainable(config, "depthwise", [...kernel_size, channels, depth_multiplier], "kernel"),
    ...(use_bias ? [trainable(config, "bias", [channels * depth_multiplier])] : []),
  ];
};

export const depthwiseMacs = ({ kernel_size }: Depthwise, y: KerasShape): number =>
  area(y) * channelsOf(y) * product(kernel_size);

export function lowerDepthwise(
  config: Depthwise,
  x: Value,
  g: GraphBuilder,
  context: LowerContext,
): Value {
  const kernel = depthwiseKernel("kernel", config, context);
  const bias = config.use_bias ? context.weight("bias") : undefined;
  return activate(config.activation, eachChannel(config, [x, kernel, bias], g, context), g, 1);
}

function depthwiseKernel(name: string, config: Depthwise, { inputs, weight }: LowerContext): Value {
  return weight(name, [
    // HWCM -> CMHW: output channel c M + m is channel c's m-th
    { permute: channelsBeforeSpace(config.kernel_size, [0, 1]) },
    { reshape: [channelsOf(inputs[0]!) * config.depth_multiplier, 1, ...config.kernel_size] },
  ]);
}

/** Each channel convolved by itself. */
const eachChannel = (
  config: Depthwise,
  [x, kernel, bias]: readonly [Value, Value, bias?: Value | undefined],
  g: GraphBuilder,
  { inputs: [shape], padding }: LowerContext,
): Value =>
  g.conv(
    reached(config, x, g, shape!),
    kernel,
    bias,
    attributes(config, shape!, { padding, group: channelsOf(shape!) }),
  );

export const separableShape = (config: Separable, x: KerasShape): KerasShape => {
  channelsOf(x);
  return [x[0]!, ...windowsOf(config, x), config.filters];
};

export const separableWeights = (config: Separable, x: KerasShape): WeightSpec[] => {
  const { depth_multiplier, filters, kernel_size, use_bias } = config;
  const channels = channelsOf(x);
  const depthwise = [...kernel_size, channels, depth_multiplier];
  const pointwise = [...kernel_size.map(() => 1), channels * depth_multiplier, filters];
  return [
    trainable(config, "depthwise", depthwise, "depthwise_kernel"),
    trainable(config, "pointwise", pointwise, "pointwise_kernel"),
    ...(use_bias ? [trainable(config, "bias", [filters])] : []),
  ];
};

export const separableMacs = (config: Separable, x: KerasShape, y: KerasShape): number =>
  area(y) *
  channelsOf(x) *
  config.depth_multiplier *
  (product(config.kernel_size) + config.filters);

export function lowerSeparable(
  config: Separable,
  x: Value,
  g: GraphBuilder,
  context: LowerContext,
): Value {
  const depthwise = depthwiseKernel("depthwise_kernel", config, context);
  const permute = channelsBeforeSpace(config.kernel_size, [1, 0]);
  const pointwise = context.weight("pointwise_kernel", [{ permute }]);
  const depthwiseOutput = eachChannel(config, [x, depthwise], g, context);
  const y = g.conv(
    depthwiseOutput,
    pointwise,
    config.use_bias ? context.weight("bias") : undefined,
    {
      kernel_shape: config.kernel_size.map(() => 1),
    },
  );
  return activate(config.activation, y, g, 1);
}
