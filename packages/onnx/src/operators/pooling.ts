// Pools over [batch, channels, ...spatial].
import { tensor } from "@cajal/core";
import { numbersOf, show, staticSize, unify, unifyShapes, type Dims } from "../model/dims";
import type { Dim } from "../model/model";
import { namedMethod, type NodeWriter, type Value } from "./method";
import {
  badShape,
  defineOperator,
  flag,
  type AttributeTypes,
  type InferenceContext,
  type Operator,
  type Inferred,
} from "./operator";
import {
  optionalNumbers,
  firstTwo,
  type AttributeArguments,
  type Flag,
  type Numbers,
} from "./shared/arguments";
import { alongFirst } from "./shared/examples";
import { image, slide, windowOf, type WindowAttributes } from "./shared/windows";

export interface PoolAttributes extends WindowAttributes {
  readonly kernel_shape: readonly number[];
  readonly ceil_mode?: Flag;
}

const attributes = {
  auto_pad: "string",
  ceil_mode: "int",
  dilations: "ints",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
} as const;

/** kernel_shape, which pads must stay below: a window in padding alone has no result. */
function kernelOf(node: InferenceContext): readonly number[] {
  const kernel = node.ints("kernel_shape") ?? [];
  const pads = node.ints("pads") ?? [];
  pads.forEach((pad, i) => {
    const size = kernel[i % kernel.length];
    if (size !== undefined && pad >= size)
      throw badShape(
        `pads [${pads.join()}] and kernel_shape [${kernel.join()}]: expected pads smaller than the kernel.`,
        { pads, kernel },
      );
  });
  return kernel;
}

const bounds = { kernel_shape: { least: 1 } } as const;

function pooled(node: InferenceContext): readonly Dim[] | undefined {
  const x = node.inputs[0]!;
  const shapeX = image("X", x.shape);
  if (!shapeX) return undefined;
  const kernel = kernelOf(node);
  if (kernel.length !== shapeX.spatial.length)
    throw badShape(
      `kernel_shape [${kernel.join()}]: X ${show(x.shape)} has ${shapeX.spatial.length} spatial axes.`,
    );
  return [
    ...shapeX.head,
    ...slide(shapeX.spatial, windowOf(node, kernel), node.int("ceil_mode", 0) === 1),
  ];
}

const samples: Operator["samples"] = [
  { inputs: [[2, 3, 8, 7]], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  {
    inputs: [[1, 2, 9, 9]],
    attributes: { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 0, 1, 1] },
  },
  {
    inputs: [[1, 2, 8, 8]],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, pads: [1, 1, 1, 1] },
  },
  { inputs: [[1, 1, 5, 5]], attributes: { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1 } },
  // The last window would begin in the padding.
  {
    inputs: [[1, 1, 2, 2]],
    attributes: { kernel_shape: [1, 1], strides: [2, 2], ceil_mode: 1 },
  },
  {
    inputs: [[1, 2, 7, 6]],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  },
  { inputs: [[1, 2, 7]], attributes: { kernel_shape: [3], auto_pad: "VALID" } },
];

const global = <Op extends string, A extends AttributeTypes = Record<never, never>>(
  op: Op,
  attributes?: A,
) =>
  defineOperator({
    op,
    methods: namedMethod(op, (g: NodeWriter, x: Value, ...[values]: AttributeArguments<A>) =>
      g.op(op, [x], attributes && values),
    ),
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    examples: alongFirst,
    attributes: attributes ?? {},
    infer: ({ inputs: [x] }) => {
      const shapeX = image("X", x.shape);
      return [
        { dtype: x.dtype, shape: shapeX && [...shapeX.head, ...shapeX.spatial.map(() => 1)] },
      ];
    },
    samples: [{ inputs: [[2, 3, 4, 5]] }, { inputs: [[1, 2, 4]] }],
  });

export const pooling = [
  defineOperator({
    op: "MaxPool",
    methods: {
      maxPool: (g: NodeWriter, x: Value, attributes: PoolAttributes) =>
        g.op("MaxPool", [x], { ...attributes }),
      /** [y, indices], the indices counting through all of x. */
      maxPoolWithIndices: (g: NodeWriter, x: Value, attributes: PoolAttributes) =>
        firstTwo(g.ops("MaxPool", [x], { ...attributes }, { outputs: 2 })),
    },
    inputs: [1, 1],
    outputs: [1, 2],
    // Indices count through all examples.
    examples: (node) => (node.outputs > 1 ? undefined : alongFirst(node)),
    types: ["number"],
    attributes: { ...attributes, storage_order: "int" },
    required: ["kernel_shape"],
    bounds: { ...bounds, storage_order: flag },
    infer: (node) => {
      const shape = pooled(node);
      return [
        { dtype: node.inputs[0].dtype, shape },
        { dtype: "int64", shape },
      ] as const;
    },
    samples: [
      ...samples,
      {
        inputs: [[1, 2, 8, 8]],
        attributes: { kernel_shape: [2, 2], dilations: [2, 3] },
        outputs: 2,
      },
    ],
  }),
  defineOperator({
    op: "AveragePool",
    methods: {
      averagePool: (
        g: NodeWriter,
        x: Value,
        attributes: PoolAttributes & { count_include_pad?: Flag },
      ) => g.op("AveragePool", [x], { ...attributes }),
    },
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    examples: alongFirst,
    attributes: { ...attributes, count_include_pad: "int" },
    required: ["kernel_shape"],
    bounds,
    infer: (node) => [{ dtype: node.inputs[0].dtype, shape: pooled(node) }],
    samples: [
      ...samples,
      {
        inputs: [[1, 2, 8, 8]],
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
      },
    ],
  }),
  defineOperator({
    op: "LpPool",
    methods: {
      lpPool: (g: NodeWriter, x: Value, attributes: PoolAttributes & { p?: number }) =>
        g.op("LpPool", [x], { ...attributes }),
    },
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    examples: alongFirst,
    // Its first version had no need of a kernel_shape.
    attributes: { ...attributes, p: "int" },
    bounds: { ...bounds, p: { least: 1 } },
    infer: (node) => [{ dtype: node.inputs[0].dtype, shape: pooled(node) }],
    samples: samples.slice(0, 2),
  }),
  global("GlobalAveragePool"),
  global("GlobalMaxPool"),
  { ...global("GlobalLpPool", { p: "int" }), bounds: { p: { least: 1 } } },
  defineOperator({
    op: "MaxUnpool",
    methods: {
      maxUnpool: (
        g: NodeWriter,
        x: Value,
        indices: Value,
        output_shape: Numbers | undefined,
        attributes: Omit<PoolAttributes, "ceil_mode" | "auto_pad" | "dilations">,
      ) => g.op("MaxUnpool", [x, indices, optionalNumbers(g, output_shape)], { ...attributes }),
    },
    since: 9,
    inputs: [2, 3],
    outputs: [1, 1],
    types: ["float", "int64", "int64"],
    attributes: { kernel_shape: "ints", pads: "ints", strides: "ints" },
    required: ["kernel_shape"],
    bounds,
    infer: (node) => {
      const [data, indices, size] = node.inputs;
      const x = {
        dtype: data.dtype,
        shape: unifyShapes(data.shape, indices.shape, "X and its indices"),
      };
      const spatialOf = image("X", x.shape);
      const kernelShape = kernelOf(node);
      if (spatialOf && kernelShape.length !== spatialOf.spatial.length)
        throw badShape(`kernel_shape [${kernelShape.join()}]: X ${show(x.shape)} has ${spatialOf.spatial.length} spatial axes.`); // prettier-ignore
      const { kernel, strides, pads } = windowOf(node, kernelShape);
      if (size) {
        unify(size.shape?.[0], x.shape?.length, () => `output_shape ${show(size.elements)} and the rank of X ${show(x.shape)}`); // prettier-ignore
        const [batch, channels] = size.elements ?? [];
        for (const [extent, outputExtent] of [
          [batch, x.shape?.[0]],
          [channels, x.shape?.[1]],
        ])
          // prettier-ignore
          unify(extent, outputExtent, () => `output_shape ${show(size.elements)} and X ${show(x.shape)}`);
        const statedShape = size.elements ?? x.shape?.map(() => undefined);
        return [
          { dtype: x.dtype, shape: checkIndicesWithin(indices, numbersOf(size) ?? statedShape) },
        ];
      }
      const shapeX = spatialOf;
      if (!shapeX) return [{ dtype: x.dtype, shape: undefined }];
      const rank = shapeX.spatial.length;
      const shape = [
        ...shapeX.head,
        ...shapeX.spatial.map((extent, i) =>
          typeof extent === "number"
            ? (extent - 1) * strides[i]! + (kernel[i] as number) - pads[i]! - pads[i + rank]!
            : undefined,
        ),
      ];
      return [{ dtype: x.dtype, shape: checkIndicesWithin(indices, shape) }];
    },
    samples: [
      {
        inputs: [[1, 1, 2, 2], tensor("int64", [1, 1, 2, 2], [0, 3, 9, 14])],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      {
        inputs: [
          [1, 1, 2, 2],
          tensor("int64", [1, 1, 2, 2], [0, 3, 9, 14]),
          tensor("int64", [4], [1, 1, 5, 5]),
        ],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
    ],
  }),
];

/** The shape that MaxUnpool makes, in which its places must lie. */
function checkIndicesWithin(indices: Inferred, shape: Dims): Dims {
  const size = staticSize(shape);
  for (const index of indices.elements ?? [])
    if (typeof index === "number" && (index < 0 || index >= (size ?? Infinity)))
      throw badShape(`index ${index} lies outside of what is made, ${show(shape)}.`);
  return shape;
}
