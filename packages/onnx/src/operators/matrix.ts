// Matrix products.
import { sizeOf } from "@cajal/core";
import { broadcast, show, unify, type Dims } from "../model/dims";
import type { Dim } from "../model/model";
import {
  badShape,
  defineOperator,
  type Inferred,
  type InferenceContext,
  type Operator,
} from "./operator";

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

function inferGemm(node: InferenceContext): readonly Inferred[] {
  const [a, b, c] = node.inputs as readonly [Inferred, Inferred, Inferred | undefined];
  for (const input of [a, b])
    if (input.shape && input.shape.length !== 2)
      throw badShape(`shapes ${show(a.shape)} and ${show(b.shape)}: expected two matrices.`);
  const [n, k] = turned(a.shape, node.int("transA", 0));
  const [l, m] = turned(b.shape, node.int("transB", 0));
  unify(k, l, () => `inner extents of ${show(a.shape)} and ${show(b.shape)}`);
  const shape = [n, m];
  if (c?.shape) {
    const whole = broadcast(shape, c.shape);
    if (whole && (whole.length > 2 || whole.some((extent, i) => shape[i] === 1 && extent !== 1)))
      throw badShape(`C ${show(c.shape)} does not broadcast to ${show(shape)}.`);
  }
  return [{ dtype: a.dtype, shape }];
}

const turned = (shape: Dims, transpose: number): readonly [Dim, Dim] =>
  transpose ? [shape?.[1], shape?.[0]] : [shape?.[0], shape?.[1]];

const gemm = { alpha: "float", beta: "float", transA: "int", transB: "int" } as const;

/** Axes as FusedMatMul turns them: transBatch moves the first axis before the last but one, trans swaps the last two. */
function fused(shape: Dims, trans: number, transBatch: number): Dims {
  if (!shape || shape.length < 2) return shape;
  const axes = [...shape];
  if (transBatch) axes.splice(axes.length - 2, 0, axes.shift());
  if (trans) axes.push(...axes.splice(axes.length - 2, 1));
  return axes;
}

const einsum = defineOperator({
  op: "Einsum",
  since: 12,
  inputs: [1, Infinity],
  outputs: [1, 1],
  types: ["number"],
  attributes: { equation: "string" },
  required: ["equation"],
  infer: (node) => {
    const equation = node.string("equation", "").replaceAll(" ", "");
    const inputs = node.inputs as readonly Inferred[];
    const { dtype } = inputs[0]!;
    const [left = "", right] = equation.split("->");
    const terms = left.split(",");
    if (terms.length !== inputs.length)
      throw badShape(
        `equation "${equation}" has ${terms.length} terms for ${inputs.length} inputs.`,
      );
    const extents = new Map<string, Dim>();
    let ellipsis: Dims = [];
    terms.forEach((term, i) => {
      const { shape } = inputs[i]!;
      const [before = "", after] = term.split("...");
      const letters = [...before, ...(after ?? "")];
      if (!shape) {
        if (after !== undefined) ellipsis = undefined;
        for (const letter of letters) if (!extents.has(letter)) extents.set(letter, undefined);
        return;
      }
      const free = shape.length - letters.length;
      if (free < 0 || (free > 0 && after === undefined))
        throw badShape(`term "${term}" of equation "${equation}" does not fit ${show(shape)}.`);
      if (after !== undefined)
        ellipsis = broadcast(ellipsis, shape.slice(before.length, before.length + free));
      letters.forEach((letter, j) => {
        const extent = shape[j < before.length ? j : j + free];
        const known = extents.get(letter);
        // An extent of 1 broadcasts.
        if (known === 1 || extent === 1) extents.set(letter, known === 1 ? extent : known);
        else
          extents.set(
            letter,
            unify(known, extent, () => `"${letter}" of equation "${equation}", ${show(shape)}`),
          );
        if (!known && extent === 1) extents.set(letter, 1);
      });
    });
    const result =
      right ??
      (left.includes("...") ? "..." : "") +
        [...extents.keys()]
          .filter((letter) => left.split(letter).length === 2)
          .sort()
          .join("");
    if (result.includes("...") && !ellipsis) return [{ dtype, shape: undefined }];
    const [before = "", after] = result.split("...");
    const extent = (letter: string) => {
      if (!extents.has(letter))
        throw badShape(`"${letter}" of equation "${equation}" is in none of its terms.`);
      return extents.get(letter);
    };
    return [
      {
        dtype,
        shape: [
          ...[...before].map(extent),
          ...(after === undefined ? [] : (ellipsis ?? [])),
          ...[...(after ?? "")].map(extent),
        ],
      },
    ];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
      attributes: { equation: "ij,jk->ik" },
    },
    {
      inputs: [
        [5, 2, 3],
        [5, 3, 4],
      ],
      attributes: { equation: "bij, bjk" },
    },
    { inputs: [[2, 3, 4]], attributes: { equation: "...j->..." } },
    { inputs: [[3, 3]], attributes: { equation: "ii->i" } },
  ],
});

export const matrix: readonly Operator[] = [
  defineOperator({
    op: "MatMul",
    ending: { activation: "linear" },
    macs: ([a = []], y) => sizeOf(y) * a.at(-1)!,
    weightAxis: (rank) => (rank === 2 ? 1 : undefined),
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["number"],
    attributes: {},
    infer: ({ inputs: [a, b] }) => [{ dtype: a!.dtype, shape: product(a!.shape, b!.shape) }],
    samples: matMulSamples,
  }),
  defineOperator({
    op: "FusedMatMul",
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
      const [a, b] = node.inputs as readonly [Inferred, Inferred];
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
    ending: { activation: "linear" },
    macs: ([a = []], y, int) => sizeOf(y) * a[int("transA", 0) === 1 ? 0 : 1]!,
    weightAxis: (_, int) => (int("transB", 0) === 1 ? 0 : 1),
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
  einsum,
  defineOperator({
    op: "Det",
    since: 11,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    attributes: {},
    infer: ({ inputs: [x] }) => {
      const { dtype, shape } = x!;
      if (!shape) return [{ dtype, shape }];
      if (shape.length < 2) throw badShape(`input ${show(shape)}: expected [..., n, n].`);
      unify(shape.at(-1), shape.at(-2), () => `the last two extents of ${show(shape)}`);
      return [{ dtype, shape: shape.slice(0, -2) }];
    },
    samples: [{ inputs: [[3, 3]] }, { inputs: [[2, 5, 2, 2]] }],
  }),
];
