// Convolutions. X is [batch, channels, ...spatial]; W is [maps, channels / group, ...kernel].
import { sizeOf } from "@cajal/core";
import { show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import {
  badShape,
  defineOperator,
  type InferenceContext,
  type Inferred,
  type Operator,
} from "./operator";
import { alongFirst } from "./shared/examples";
import { image, slide, windowOf, type WindowAttributes } from "./shared/windows";

export interface ConvAttributes extends WindowAttributes {
  readonly group?: number;
  readonly kernel_shape?: readonly number[];
}

export interface ConvTransposeAttributes extends ConvAttributes {
  readonly output_padding?: readonly number[];
  readonly output_shape?: readonly number[];
}

const attributes = {
  auto_pad: "string",
  dilations: "ints",
  group: "int",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
} as const;

/** Kernel extents from W, checked against kernel_shape. */
function kernelOf(node: InferenceContext, w: Inferred, rank: number): readonly Dim[] {
  const statedKernel = node.ints("kernel_shape");
  if (statedKernel && statedKernel.length !== rank)
    throw badShape(`kernel_shape [${statedKernel.join()}]: X has ${rank} spatial axes.`);
  const autoPad = node.string("auto_pad", "NOTSET");
  if (autoPad !== "NOTSET" && node.ints("pads"))
    throw badShape(`got pads and auto_pad ${autoPad}, expected one of them.`);
  const kernel = w.shape?.slice(2) ?? statedKernel ?? Array<Dim>(rank).fill(undefined);
  if (kernel.length !== rank)
    throw badShape(`W ${show(w.shape)} has ${kernel.length} spatial axes, X has ${rank}.`);
  return kernel.map((k, i) =>
    unify(k, statedKernel?.[i], () => `kernel axis ${i}, kernel_shape and W`),
  );
}

/** The shape of X convolved with W; the attributes are those of Conv. */
export function convolved(
  node: InferenceContext,
  x: Inferred,
  w: Inferred,
  bias: Inferred | undefined,
): readonly Dim[] | undefined {
  const shapeX = image("X", x.shape);
  if (!shapeX) return undefined;
  const group = node.int("group", 1);
  const kernel = kernelOf(node, w, shapeX.spatial.length);
  const [channels] = shapeX.head.slice(1);
  const [maps, per] = w.shape ?? [undefined, undefined];
  if (typeof channels === "number" && typeof per === "number" && channels !== per * group)
    throw badShape(
      `X ${show(x.shape)} has ${channels} channels; W ${show(w.shape)} with group ${group} expects ${per * group}.`,
      { x: x.shape, w: w.shape, group },
    );
  if (typeof maps === "number" && maps % group !== 0)
    throw badShape(`W ${show(w.shape)}: ${maps} maps do not divide into ${group} groups.`);
  checkBias(bias, maps);
  return [shapeX.head[0], maps, ...slide(shapeX.spatial, windowOf(node, kernel))];
}

function inferConv(node: InferenceContext<2>): readonly Inferred[] {
  const [x, w, bias] = node.inputs;
  return [{ dtype: x.dtype, shape: convolved(node, x, w, bias) }];
}

function checkBias(bias: Inferred | undefined, maps: Dim): void {
  if (!bias?.shape) return;
  if (bias.shape.length !== 1)
    throw badShape(`bias ${show(bias.shape)}: expected [${maps ?? "maps"}].`);
  unify(bias.shape[0], maps, () => `bias ${show(bias.shape)} and maps`);
}

const convSamples: Operator["samples"] = [
  { inputs: [[2, 3, 8, 7], [4, 3, 3, 3], [4]] },
  {
    inputs: [
      [1, 4, 9, 9],
      [6, 2, 3, 2],
    ],
    attributes: { group: 2, strides: [2, 3], dilations: [1, 2], pads: [1, 0, 2, 1] },
  },
  {
    inputs: [
      [1, 2, 7, 6],
      [2, 2, 3, 3],
    ],
    attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
  },
  {
    inputs: [
      [1, 2, 7, 6],
      [2, 2, 3, 3],
    ],
    attributes: { auto_pad: "SAME_LOWER" },
  },
  {
    inputs: [
      [1, 2, 7],
      [5, 2, 3],
    ],
    attributes: { auto_pad: "VALID", kernel_shape: [3] },
  },
  {
    inputs: [
      [1, 1, 4, 5, 6],
      [2, 1, 2, 2, 2],
    ],
  },
];

export const convolution = [
  defineOperator({
    op: "Conv",
    methods: {
      conv: (g: NodeWriter, x: Value, w: Value, b?: Value, attributes: ConvAttributes = {}) =>
        g.op("Conv", [x, w, b], { ...attributes }),
    },
    ending: { activation: "linear" },
    // For each output value the kernel of its channel: channels in (of its group) × height × width.
    macs: ([, kernel = []], y) => (sizeOf(y) * sizeOf(kernel)) / kernel[0]!,
    weightAxis: () => 0,
    examples: alongFirst,
    inputs: [2, 3],
    outputs: [1, 1],
    // Never ends without channels.
    failsOnEmpty: ([x, kernel]) => x?.[1] === 0 || kernel?.slice(1).includes(0) === true,
    types: ["float"],
    attributes,
    bounds: { group: { least: 1 } },
    infer: inferConv,
    samples: convSamples,
  }),
  defineOperator({
    op: "FusedConv",
    methods: {
      fusedConv: (
        g: NodeWriter,
        x: Value,
        w: Value,
        b?: Value,
        z?: Value,
        attributes: ConvAttributes & {
          activation?: string;
          activation_params?: readonly number[];
        } = {},
      ) => g.op("FusedConv", [x, w, b, z], { ...attributes }, "com.microsoft"),
    },
    domain: "com.microsoft",
    inputs: [2, 4],
    outputs: [1, 1],
    types: ["float"],
    attributes: { ...attributes, activation: "string", activation_params: "floats" },
    choices: { activation: ["Relu", "Tanh", "Sigmoid", "LeakyRelu", "Clip", "HardSigmoid"] },
    bounds: { group: { least: 1 } },
    infer: inferConv,
    samples: [
      {
        inputs: [[2, 3, 8, 7], [4, 3, 3, 3], [4]],
        attributes: { activation: "Relu", pads: [1, 1, 1, 1] },
      },
    ],
  }),
  defineOperator({
    op: "ConvTranspose",
    methods: {
      /** w is [channels, maps / group, ...kernel]. */
      convTranspose: (
        g: NodeWriter,
        x: Value,
        w: Value,
        b?: Value,
        attributes: ConvTransposeAttributes = {},
      ) => g.op("ConvTranspose", [x, w, b], { ...attributes }),
    },
    examples: alongFirst,
    // For each input value the kernels that it is spread by.
    macs: ([x = [], kernel = []]) => (sizeOf(x) * sizeOf(kernel)) / kernel[0]!,
    inputs: [2, 3],
    outputs: [1, 1],
    // A segmentation fault where the image is empty.
    failsOnEmpty: ([x, kernel]) => x?.slice(1).includes(0) === true || kernel?.includes(0) === true,
    types: ["float"],
    attributes: { ...attributes, output_padding: "ints", output_shape: "ints" },
    bounds: { group: { least: 1 }, output_padding: { least: 0 } },
    infer: (node) => {
      // W is [channels, maps / group, ...kernel].
      const [x, w, bias] = node.inputs;
      const shapeX = image("X", x.shape);
      if (!shapeX) return [{ dtype: x.dtype, shape: undefined }];
      const rank = shapeX.spatial.length;
      const group = node.int("group", 1);
      const { kernel, strides, dilations, pads, autoPad } = windowOf(node, kernelOf(node, w, rank));
      const [channels, per] = w.shape ?? [undefined, undefined];
      if (typeof channels === "number" && channels % group !== 0)
        throw badShape(
          `W ${show(w.shape)}: ${channels} channels do not divide into ${group} groups.`,
        );
      unify(
        shapeX.head[1],
        channels,
        () => `channels of X ${show(x.shape)} and W ${show(w.shape)}`,
      );
      const maps = typeof per === "number" ? per * group : undefined;
      checkBias(bias, maps);
      const statedShape = node.ints("output_shape");
      if (statedShape && statedShape.length !== rank)
        throw badShape(`output_shape [${statedShape.join()}]: expected ${rank} numbers.`);
      const extra = node.ints("output_padding") ?? Array<number>(rank).fill(0);
      if (
        extra.length !== rank ||
        extra.some((each, i) => each >= Math.max(strides[i]!, dilations[i]!))
      )
        throw badShape(
          `output_padding [${extra.join()}]: expected ${rank} numbers, each below the stride or the dilation.`,
        );
      if (statedShape?.some((each) => each < 1))
        throw badShape(`output_shape [${statedShape.join()}]: expected extents of at least 1.`);
      const spatial = shapeX.spatial.map((extent, i): Dim => {
        if (statedShape) return statedShape[i];
        const k = kernel[i];
        if (typeof extent !== "number" || typeof k !== "number") return undefined;
        const reach = dilations[i]! * (k - 1) + 1;
        // What the kernel does not reach no padding makes up for.
        if (autoPad.startsWith("SAME"))
          return Math.min(extent * strides[i]!, strides[i]! * (extent - 1) + extra[i]! + reach);
        return strides[i]! * (extent - 1) + extra[i]! + reach - pads[i]! - pads[i + rank]!;
      });
      if (spatial.some((extent) => typeof extent === "number" && extent < 0))
        throw badShape(`the result would be of extents ${show(spatial)}.`);
      return [{ dtype: x.dtype, shape: [shapeX.head[0], maps, ...spatial] }];
    },
    samples: [
      { inputs: [[2, 3, 4, 5], [3, 4, 3, 3], [4]] },
      {
        inputs: [
          [1, 4, 4, 5],
          [4, 3, 3, 2],
        ],
        attributes: { group: 2, strides: [2, 3], pads: [1, 0, 1, 1], output_padding: [1, 0] },
      },
      {
        inputs: [
          [1, 2, 4, 5],
          [2, 2, 3, 3],
        ],
        attributes: { strides: [2, 2], output_shape: [8, 10] },
      },
      {
        inputs: [
          [1, 2, 4, 5],
          [2, 2, 3, 3],
        ],
        attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" },
      },
      {
        inputs: [
          [1, 2, 5],
          [2, 1, 3],
        ],
        attributes: { dilations: [2] },
      },
    ],
  }),
] as const;
