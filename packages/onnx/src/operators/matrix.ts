// Matrix products.
import { sizeOf } from "@cajal/core";
import { broadcast, show, unify, type Dims } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import {
  badShape,
  defineOperator,
  type ExamplesRule,
  type Inferred,
  type InferenceContext,
  type Operator,
} from "./operator";
import type { Flag } from "./shared/arguments";

export interface GemmAttributes {
  readonly transA?: Flag;
  readonly transB?: Flag;
  readonly alpha?: number;
  readonly beta?: number;
}

/** NumPy's matmul: the last two axes multiply, those before broadcast, a vector counts as a matrix. */
export function product(a: Dims, b: Dims): Dims {
  if (!a || !b) return undefined;
  if (a.length === 0 || b.length === 0)
    throw badShape(`shapes ${show(a)} and ${show(b)}: a scalar has no product.`);
  const left = a.length === 1 ? [1, a[0]] : a;
  const right = b.length === 1 ? [b[0], 1] : b;
  unify(left.at(-1), right.at(-2), () => `inner extents of ${show(a)} and ${show(b)}`);
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2))!;
  return [
    ...batch,
    ...(a.length === 1 ? [] : [left.at(-2)]),
    ...(b.length === 1 ? [] : [right.at(-1)]),
  ];
}

/** Along an axis that is not summed over; where both have examples along the same. */
const examplesOfProduct: ExamplesRule = ({ inputs, axes, drawn, results: [result] }) => {
  if (inputs.some((input) => input!.shape!.length < 2)) return undefined;
  const { length } = result!;
  const fromLast = axes.map((axis, i) => axis === undefined ? undefined : axis - inputs[i]!.shape!.length); // prettier-ignore
  const [a, b] = fromLast;
  if (a === -1 || b === -2) return undefined;
  const axis = (a ?? b)!;
  if (axis >= -2) return (a === undefined) === (b === undefined) ? undefined : length + axis;
  // Products side by side.
  const isSame = inputs.every((input, i) => fromLast[i] === axis || (fromLast[i] === undefined && (drawn[i] || (input!.shape!.at(axis) ?? 1) === 1))); // prettier-ignore
  return isSame ? length + axis : undefined;
};

const matMulSamples: Operator["samples"] = [
  {
    inputs: [
      [2, 3],
      [3, 4],
    ],
  },
  { inputs: [[3], [3]] },
  {
    inputs: [
      [5, 1, 2, 3],
      [4, 3, 2],
    ],
  },
  { inputs: [[2, 4, 3], [3]] },
];

function inferGemm(node: InferenceContext<2>): readonly Inferred[] {
  const [a, b, c] = node.inputs;
  for (const input of [a, b])
    if (input.shape && input.shape.length !== 2)
      throw badShape(`shapes ${show(a.shape)} and ${show(b.shape)}: expected two matrices.`);
  const [n, k] = matrixExtents(a.shape, node.int("transA", 0));
  const [l, m] = matrixExtents(b.shape, node.int("transB", 0));
  unify(k, l, () => `inner extents of ${show(a.shape)} and ${show(b.shape)}`);
  const shape = [n, m];
  if (c?.shape) {
    const broadcastShape = broadcast(shape, c.shape);
    // A free extent may be 1, too.
    const isLonger = (extent: Dim, i: number) => shape[i] === 1 && typeof extent === "number" && extent !== 1; // prettier-ignore
    if (broadcastShape && (broadcastShape.length > 2 || broadcastShape.some(isLonger)))
      throw badShape(`C ${show(c.shape)} does not broadcast to ${show(shape)}.`);
  }
  return [{ dtype: a.dtype, shape }];
}

const matrixExtents = (shape: Dims, transpose: number): readonly [Dim, Dim] =>
  transpose ? [shape?.[1], shape?.[0]] : [shape?.[0], shape?.[1]];

const gemm = { alpha: "float", beta: "float", transA: "int", transB: "int" } as const;

/** Axes as FusedMatMul orders them: transBatch moves the first axis before the last but one, trans swaps the last two. */
function fused(shape: Dims, trans: number, transBatch: number): Dims {
  if (!shape || shape.length < 2) return shape;
  const axes = [...shape];
  if (transBatch) axes.splice(axes.length - 2, 0, axes.shift());
  if (trans) axes.push(...axes.splice(axes.length - 2, 1));
  return axes;
}

export const matrix = [
  defineOperator({
    op: "MatMul",
    methods: {
      matMul: (g: NodeWriter, a: Value, b: Value) => g.op("MatMul", [a, b]),
    },
    ending: { activation: "linear" },
    macs: ([a = []], y) => sizeOf(y) * a.at(-1)!,
    weightAxis: (rank) => (rank === 2 ? 1 : undefined),
    examples: examplesOfProduct,
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["number"],
    attributes: {},
    infer: ({ inputs: [a, b] }) => [{ dtype: a.dtype, shape: product(a.shape, b.shape) }],
    samples: matMulSamples,
  }),
  defineOperator({
    op: "FusedMatMul",
    methods: {
      /** alpha · op(a) op(b), ONNX Runtime's (com.microsoft); transBatch moves the first axis before the last but one. */
      fusedMatMul: (
        g: NodeWriter,
        a: Value,
        b: Value,
        attributes: Omit<GemmAttributes, "beta"> & { transBatchA?: Flag; transBatchB?: Flag } = {},
      ) => g.op("FusedMatMul", [a, b], attributes, "com.microsoft"),
    },
    domain: "com.microsoft",
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["float"],
    attributes: {
      alpha: "float",
      transA: "int",
      transB: "int",
      transBatchA: "int",
      transBatchB: "int",
    },
    infer: (node) => {
      const [a, b] = node.inputs;
      return [
        {
          dtype: a.dtype,
          shape: product(
            fused(a.shape, node.int("transA", 0), node.int("transBatchA", 0)),
            fused(b.shape, node.int("transB", 0), node.int("transBatchB", 0)),
          ),
        },
      ];
    },
    samples: [
      {
        inputs: [
          [2, 3],
          [3, 4],
        ],
        attributes: { alpha: 0.5 },
      },
      {
        inputs: [
          [5, 3, 2],
          [5, 4, 3],
        ],
        attributes: { transA: 1, transB: 1 },
      },
      {
        inputs: [
          [2, 5, 3],
          [3, 5, 4],
        ],
        attributes: { transBatchA: 1, transBatchB: 1 },
      },
      {
        inputs: [
          [3, 5, 2],
          [5, 3, 4],
        ],
        attributes: { transBatchA: 1, transA: 1 },
      },
    ],
  }),
  defineOperator({
    op: "Gemm",
    methods: {
      /** alpha · a b + beta · c */
      gemm: (g: NodeWriter, a: Value, b: Value, c?: Value, attributes: GemmAttributes = {}) =>
        g.op("Gemm", [a, b, c], { ...attributes }),
    },
    ending: { activation: "linear" },
    macs: ([a = []], y, int) => sizeOf(y) * a[int("transA", 0) === 1 ? 0 : 1]!,
    weightAxis: (_, int) => (int("transB", 0) === 1 ? 0 : 1),
    // Rows of A, with a C that is the same for all of them, or theirs.
    examples: ({ inputs: [, , c], axes: [a, b, ofC], int }) => {
      if (a !== int("transA", 0) || b !== undefined) return undefined;
      const isTheirs = ofC !== undefined && c!.shape!.length === 2 && ofC === 0;
      const isForAll = ofC === undefined && (!c || c.shape!.length < 2 || c.shape![0] === 1);
      return isTheirs || isForAll ? 0 : undefined;
    },
    inputs: [2, 3],
    outputs: [1, 1],
    types: ["number"],
    attributes: { ...gemm, broadcast: "int" },
    infer: inferGemm,
    samples: [
      { inputs: [[2, 3], [3, 4], [4]] },
      {
        inputs: [
          [3, 2],
          [4, 3],
        ],
        attributes: { transA: 1, transB: 1, alpha: 0.5 },
      },
      {
        inputs: [
          [2, 3],
          [3, 4],
          [2, 1],
        ],
        attributes: { beta: 2 },
      },
    ],
  }),
  defineOperator({
    op: "FusedGemm",
    methods: {
      fusedGemm: (
        g: NodeWriter,
        a: Value,
        b: Value,
        c?: Value,
        attributes: GemmAttributes & { activation?: string } = {},
      ) => g.op("FusedGemm", [a, b, c], { ...attributes }, "com.microsoft"),
    },
    domain: "com.microsoft",
    inputs: [2, 3],
    outputs: [1, 1],
    types: ["float"],
    attributes: {
      ...gemm,
      activation: "string",
      activation_alpha: "float",
      activation_beta: "float",
      activation_gamma: "float",
    },
    infer: inferGemm,
    choices: {
      activation: ["Elu", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Softplus", "Softsign", "Tanh", "ThresholdedRelu"], // prettier-ignore
    },
    samples: [{ inputs: [[2, 3], [3, 4], [4]], attributes: { activation: "Relu" } }],
  }),
  defineOperator({
    op: "Det",
    methods: {
      det: (g: NodeWriter, x: Value) => g.op("Det", [x]),
    },
    since: 11,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    attributes: {},
    infer: ({ inputs: [x] }) => {
      const { dtype, shape } = x;
      if (!shape) return [{ dtype, shape }];
      if (shape.length < 2) throw badShape(`input ${show(shape)}: expected [..., n, n].`);
      unify(shape.at(-1), shape.at(-2), () => `the last two extents of ${show(shape)}`);
      return [{ dtype, shape: shape.slice(0, -2) }];
    },
    samples: [{ inputs: [[3, 3]] }, { inputs: [[2, 5, 2, 2]] }],
  }),
] as const;
