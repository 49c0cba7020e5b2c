// Whole numbers in place of floats: x ≈ (q − zero point) · scale, by tensor, by axis, or (from operator
// set 21 on) by blocks along an axis. Of what comes out as whole numbers no gradient goes back.
import { tensor } from "@cajal/core";
import { dtypeOf, type ElementType } from "../model/elementType";
import { axisOf, show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import { convolved, type ConvAttributes } from "./convolution";
import { product } from "./matrix";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, type Inferred, type InferenceContext } from "./operator";
import {
  like,
  scalarOr,
  firstThree,
  typeNumber,
  type Flag,
  type Operand,
} from "./shared/arguments";

/** Scale and zero point are scalars, one per extent of an axis, or of x's rank with blocks. */
function checkScale(node: InferenceContext, x: Inferred, scale: Inferred, zero?: Inferred): void {
  const single = (shape: readonly Dim[]) => shape.every((extent) => extent === 1);
  // One number is one number, a scalar or not.
  const ranksDiffer = zero?.shape && scale.shape && zero.shape.length !== scale.shape.length;
  if (ranksDiffer && !(single(zero.shape) && single(scale.shape)))
    throw badShape(`scale ${show(scale.shape)} and zero point ${show(zero.shape)} differ in rank.`);
  if (!x.shape || !scale.shape) return;
  const block = node.int("block_size", 0);
  if (block === 0) {
    if (scale.shape.length > 1)
      throw badShape(`scale ${show(scale.shape)}: expected a scalar or one axis.`);
    if (scale.shape.length === 0) return;
    const axis = x.shape.length === 1 ? 0 : axisOf(node.int("axis", 1), x.shape.length, x.shape);
    const [extent, scaleExtent] = [x.shape[axis], scale.shape[0]];
    if (
      typeof extent === "number" &&
      typeof scaleExtent === "number" &&
      scaleExtent !== 1 &&
      extent !== scaleExtent
    )
      throw badShape(`scale ${show(scale.shape)} beside axis ${axis} of x ${show(x.shape)}.`);
    return;
  }
  const axis = axisOf(node.int("axis", 1), x.shape.length, x.shape);
  if (scale.shape.length !== x.shape.length)
    throw badShape(
      `scale ${show(scale.shape)} of blocks: expected the rank of x ${show(x.shape)}.`,
    );
  scale.shape.forEach((scaleExtent, i) => {
    const extent = x.shape![i];
    if (typeof scaleExtent !== "number" || typeof extent !== "number") return;
    const expected = i === axis ? Math.ceil(extent / block) : extent;
    if (scaleExtent !== expected)
      throw badShape(
        `scale ${show(scale.shape)} of blocks of ${block} along axis ${axis} of x ${show(x.shape)}.`,
      );
  });
}

/** Whole numbers, and what they stand for: (value − zeroPoint) · scale. */
export interface Quantized {
  readonly value: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

export interface QuantizeAttributes {
  /** Of a scale per extent; default 1. */
  readonly axis?: number;
  /** Opset 21. */
  readonly block_size?: number;
  /** Opset 21 (23 for DequantizeLinear). */
  readonly output_dtype?: ElementType;
}

const parts = ({ value, scale, zeroPoint }: Quantized) => [value, scale, zeroPoint];

const attributes = { axis: "int", block_size: "int", output_dtype: "int" } as const;
const bytes = (shape: readonly number[], type: "uint8" | "int8" = "uint8") =>
  tensor(
    type,
    shape,
    Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => (i * 37) % 100),
  );
const float32Scalar = (value: number) => tensor("float32", [], [value]);
const zero = (type: "uint8" | "int8", value = 0) => tensor(type, [], [value]);

const quantizeLinear = defineOperator({
  op: "QuantizeLinear",
  methods: {
    quantizeLinear: (
      g: NodeWriter,
      x: Value,
      scale: Operand,
      zeroPoint?: Value,
      { output_dtype, ...rest }: QuantizeAttributes & { saturate?: Flag } = {},
    ) =>
      g.op("QuantizeLinear", [x, like(g, x, scale), zeroPoint], {
        ...rest,
        output_dtype: typeNumber(output_dtype),
      }),
  },
  since: 10,
  ending: "moves",
  inputs: [2, 3],
  outputs: [1, 1],
  types: ["number", "float:scale", "integer:zero"],
  attributes: { ...attributes, precision: "int", saturate: "int" },
  infer: (node) => {
    const [x, scale, point] = node.inputs;
    checkScale(node, x, scale, point);
    const statedType = node.int("output_dtype", 0);
    if (statedType && point && dtypeOf(statedType) !== point.dtype)
      throw badShape(`output_dtype ${dtypeOf(statedType)} and a zero point of ${point.dtype}.`);
    return [
      { dtype: point?.dtype ?? (statedType ? dtypeOf(statedType) : "uint8"), shape: x.shape },
    ];
  },
  samples: [
    { inputs: [[2, 3], float32Scalar(0.1)] },
    { inputs: [[2, 3], float32Scalar(0.1), zero("int8", 3)] },
    {
      inputs: [[2, 3, 4], tensor("float32", [3], [0.1, 0.2, 0.3]), tensor("uint8", [3], [0, 5, 9])],
      attributes: { axis: 1 },
    },
  ],
});

const dequantizeLinear = defineOperator({
  op: "DequantizeLinear",
  methods: {
    dequantizeLinear: (
      g: NodeWriter,
      x: Value,
      scale: Operand,
      zeroPoint?: Value,
      { output_dtype, ...rest }: QuantizeAttributes = {},
    ) =>
      g.op("DequantizeLinear", [x, scalarOr(g, "float32", scale), zeroPoint], {
        ...rest,
        output_dtype: typeNumber(output_dtype),
      }),
  },
  since: 10,
  ending: "moves",
  inputs: [2, 3],
  outputs: [1, 1],
  types: ["integer", "float:scale", "integer"],
  attributes,
  infer: (node) => {
    const [x, scale, point] = node.inputs;
    checkScale(node, x, scale, point);
    const statedType = node.int("output_dtype", 0);
    return [{ dtype: statedType ? dtypeOf(statedType) : scale.dtype, shape: x.shape }];
  },
  samples: [
    { inputs: [bytes([2, 3]), float32Scalar(0.1), zero("uint8", 4)] },
    {
      inputs: [bytes([2, 3, 2], "int8"), tensor("float32", [2], [0.1, 0.2])],
      attributes: { axis: -1 },
    },
    { inputs: [tensor("int32", [3], [-4, 0, 900]), float32Scalar(0.5)] },
  ],
});

const dynamicQuantizeLinear = defineOperator({
  op: "DynamicQuantizeLinear",
  methods: {
    /** [y, scale, zero point] */
    dynamicQuantizeLinear: (g: NodeWriter, x: Value) =>
      firstThree(g.ops("DynamicQuantizeLinear", [x], {}, { outputs: 3 })),
  },
  since: 11,
  inputs: [1, 1],
  outputs: [3, 3],
  types: ["float32"],
  attributes: {},
  infer: ({ inputs: [x] }) => [
    { dtype: "uint8", shape: x.shape },
    { dtype: "float32", shape: [] },
    { dtype: "uint8", shape: [] },
  ],
  samples: [
    { inputs: [[2, 3]], outputs: 3 },
    { inputs: [[4]], outputs: 3 },
  ],
});

const convolution = {
  auto_pad: "string",
  dilations: "ints",
  group: "int",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
} as const;

const convInteger = defineOperator({
  op: "ConvInteger",
  methods: {
    convInteger: (
      g: NodeWriter,
      x: Value,
      w: Value,
      xZeroPoint?: Value,
      wZeroPoint?: Value,
      attributes: ConvAttributes = {},
    ) => g.op("ConvInteger", [x, w, xZeroPoint, wZeroPoint], { ...attributes }),
  },
  since: 10,
  inputs: [2, 4],
  outputs: [1, 1],
  types: ["byte:x", "byte:w", "byte:x", "byte:w"],
  attributes: convolution,
  infer: (node) => [
    { dtype: "int32", shape: convolved(node, node.inputs[0], node.inputs[1], undefined) },
  ],
  samples: [
    { inputs: [bytes([1, 2, 5, 5]), bytes([3, 2, 3, 3]), zero("uint8", 2), zero("uint8")] },
    {
      inputs: [bytes([1, 2, 5, 5]), bytes([4, 1, 2, 3])],
      attributes: { group: 2, pads: [1, 1, 0, 0], strides: [2, 1] },
    },
  ],
});

const qLinearConv = defineOperator({
  op: "QLinearConv",
  methods: {
    /** `b` is int32, of scale x.scale · w.scale. */
    qLinearConv: (
      g: NodeWriter,
      x: Quantized,
      w: Quantized,
      y: Omit<Quantized, "value">,
      b?: Value,
      attributes: ConvAttributes = {},
    ) =>
      g.op("QLinearConv", [...parts(x), ...parts(w), y.scale, y.zeroPoint, b], {
        ...attributes,
      }),
  },
  since: 10,
  inputs: [8, 9],
  outputs: [1, 1],
  types: [
    "byte:x",
    "float32",
    "byte:x",
    "byte:w",
    "float32",
    "byte:w",
    "float32",
    "byte:y",
    "index:bias",
  ],
  attributes: convolution,
  infer: (node) => {
    const [x, , , w, scale, zero, , { dtype }, bias] = node.inputs;
    // One for all of the kernel, or one for each of its maps.
    for (const each of [scale, zero])
      if (each.shape?.length === 1 && each.shape[0] !== 1)
        unify(each.shape[0], w.shape?.[0], () => `scale or zero point ${show(each.shape)} of w ${show(w.shape)}`); // prettier-ignore
    return [{ dtype, shape: convolved(node, x, w, bias) }];
  },
  samples: [
    {
      inputs: [
        bytes([1, 2, 5, 4]),
        float32Scalar(0.1),
        zero("uint8", 3),
        bytes([3, 2, 3, 2], "int8"),
        tensor("float32", [3], [0.1, 0.2, 0.3]),
        tensor("int8", [3], [0, 0, 0]),
        float32Scalar(0.5),
        zero("uint8", 9),
        tensor("int32", [3], [5, -6, 7]),
      ],
      attributes: { pads: [1, 0, 1, 0], strides: [2, 1] },
    },
    {
      inputs: [
        bytes([2, 2, 6]),
        float32Scalar(0.1),
        zero("uint8"),
        bytes([2, 2, 3]),
        float32Scalar(0.1),
        zero("uint8"),
        float32Scalar(0.5),
        zero("uint8"),
      ],
    },
  ],
});

const matMulInteger = defineOperator({
  op: "MatMulInteger",
  methods: {
    matMulInteger: (g: NodeWriter, a: Value, b: Value, aZeroPoint?: Value, bZeroPoint?: Value) =>
      g.op("MatMulInteger", [a, b, aZeroPoint, bZeroPoint]),
  },
  since: 10,
  inputs: [2, 4],
  outputs: [1, 1],
  types: ["byte:a", "byte:b", "byte:a", "byte:b"],
  attributes: {},
  infer: ({ inputs: [a, b] }) => [{ dtype: "int32", shape: product(a.shape, b.shape) }],
  samples: [
    { inputs: [bytes([2, 3]), bytes([3, 4], "int8"), zero("uint8", 5), zero("int8", 1)] },
    { inputs: [bytes([5, 2, 3]), bytes([3, 2])] },
  ],
});

const qLinearMatMul = defineOperator({
  op: "QLinearMatMul",
  methods: {
    qLinearMatMul: (g: NodeWriter, a: Quantized, b: Quantized, y: Omit<Quantized, "value">) =>
      g.op("QLinearMatMul", [...parts(a), ...parts(b), y.scale, y.zeroPoint]),
  },
  since: 10,
  inputs: [8, 8],
  outputs: [1, 1],
  types: [
    "byte:a",
    "float:scale",
    "byte:a",
    "byte:b",
    "float:scale",
    "byte:b",
    "float:scale",
    "byte:y",
  ],
  attributes: {},
  infer: ({ inputs }) => [
    { dtype: inputs[7].dtype, shape: product(inputs[0].shape, inputs[3].shape) },
  ],
  samples: [[2, 3] as const, [2, 2, 3] as const].map((shape) => ({
    inputs: [
      bytes(shape),
      float32Scalar(0.1),
      zero("uint8", 1),
      bytes([3, 4], "int8"),
      float32Scalar(0.2),
      zero("int8"),
      float32Scalar(0.5),
      zero("uint8", 7),
    ],
  })),
});

export const quantization = [
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
  convInteger,
  qLinearConv,
  matMulInteger,
  qLinearMatMul,
] as const;
