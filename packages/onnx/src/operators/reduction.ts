// Reductions along axes, and what else runs along an axis: ArgMax, TopK, CumSum.
import { tensor } from "@cajal/core";
import { axesOf, axisOf, isStatic, multiply, numbersOf, show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import { namedMethod, type NodeWriter, type Value } from "./method";
import {
  badShape,
  defineOperator,
  type ExamplesContext,
  type Inferred,
  type InferenceContext,
  type Operator,
  type OperatorSample,
  type TypeRule,
  flag,
} from "./operator";
import {
  optionalNumbers,
  scalarOr,
  firstTwo,
  type Axis,
  type Flag,
  type Numbers,
} from "./shared/arguments";
import { attributeAxis, exceptAlong, exceptAxis, statedAxes } from "./shared/examples";
import { rounded } from "./shared/elementwise";

export interface ReduceAttributes {
  /** Default: all. */
  readonly axes?: Numbers;
  /** Default: true. */
  readonly keepdims?: Flag;
  readonly noop_with_empty_axes?: Flag;
}

/** Axes come as an input (from opset 18, ReduceSum from 13) or as an attribute; none means all. */
function inferReduction(
  node: InferenceContext<1>,
  fold?: (elements: readonly Dim[]) => Dim,
): readonly Inferred[] {
  const [x, axesInput] = node.inputs;
  const { dtype, shape } = x;
  const keepdims = node.int("keepdims", 1) === 1;
  if (!shape) return [{ dtype, shape: undefined }];
  let axes = node.ints("axes") ?? numbersOf(axesInput);
  if (axesInput && !axes) {
    // Known is how many axes there are, at most.
    const count = axesInput.shape?.[0];
    const length = typeof count === "number" && count > 0 ? shape.length - count : undefined;
    if (keepdims) return [{ dtype, shape: shape.map(() => undefined) }];
    return [
      { dtype, shape: length === undefined ? undefined : Array<Dim>(length).fill(undefined) },
    ];
  }
  if (!axes?.length) {
    if (node.int("noop_with_empty_axes", 0) === 1) return [{ dtype, shape }];
    axes = shape.map((_, i) => i);
  }
  const reducedAxes = new Set(axesOf(axes, shape.length, shape));
  const result = shape.flatMap((extent, i) =>
    reducedAxes.has(i) ? (keepdims ? [1] : []) : [extent],
  );
  const allElements = fold && reducedAxes.size === shape.length ? x.elements : undefined;
  const folded = allElements && fold?.(allElements);
  return [
    {
      dtype,
      shape: result,
      elements: allElements && [typeof folded === "number" ? rounded(dtype, folded) : folded],
    },
  ];
}

const samples: readonly OperatorSample[] = [
  { inputs: [[2, 3, 4], tensor("int64", [2], [0, -1])] },
  { inputs: [[2, 3, 4], tensor("int64", [1], [1])], attributes: { keepdims: 0 } },
  { inputs: [[2, 3]] },
  { inputs: [[2, 3]], attributes: { keepdims: 0 } },
  { inputs: [[2, 3]], attributes: { noop_with_empty_axes: 1 } },
];

/** Of an empty tensor negative axes are kept as they are: [0, 3] over axis −1 stays [0, 3]. */
const keepsNegativeAxes: Operator["failsOnEmpty"] = ([x], axes = []) =>
  x?.includes(0) === true && axes.some((axis) => axis < 0);

/** Where the axis of examples is once `axes` are reduced; undefined where it is one of them. */
function withoutAxes(node: ExamplesContext, axes: readonly number[] | undefined) {
  const [axis, other] = node.axes;
  if (axis === undefined || other !== undefined || !axes || axes.includes(axis)) return undefined;
  return node.int("keepdims", 1) === 1 ? axis : axis - axes.filter((each) => each < axis).length;
}

const reduction = <Op extends string>(
  op: Op,
  type: TypeRule = "number",
  fold?: (elements: readonly Dim[]) => Dim,
) =>
  defineOperator({
    op,
    methods: namedMethod(op, (g: NodeWriter, x: Value, { axes, ...rest }: ReduceAttributes = {}) =>
      g.op(op, [x, optionalNumbers(g, axes)], rest),
    ),
    inputs: [1, 2],
    outputs: [1, 1],
    types: [type, "int64"],
    attributes: { axes: "ints", keepdims: "int", noop_with_empty_axes: "int" },
    failsOnEmpty: keepsNegativeAxes,
    examples: (node) => {
      const areStated = node.inputs[1] !== undefined || node.ints("axes") !== undefined;
      const axes = areStated ? statedAxes(node, 1) : [];
      if (axes?.length === 0 && node.int("noop_with_empty_axes", 0) === 0) return undefined; // all
      return withoutAxes(node, axes);
    },
    infer: (node) => inferReduction(node, fold),
    samples,
  });

/** A fold that needs all numbers. */
const ofNumbers = (fold: (elements: readonly number[]) => number) => (elements: readonly Dim[]) =>
  isStatic(elements) ? fold(elements) : undefined;

const argument = <Op extends string>(op: Op) =>
  defineOperator({
    op,
    methods: namedMethod(
      op,
      (
        g: NodeWriter,
        x: Value,
        attributes: Axis & { keepdims?: Flag; select_last_index?: Flag } = {},
      ) => g.op(op, [x], attributes),
    ),
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["number"],
    attributes: { axis: "int", keepdims: "int", select_last_index: "int" },
    failsOnEmpty: keepsNegativeAxes,
    examples: (node) => withoutAxes(node, [attributeAxis(node, 0)]),
    infer: (node) => {
      const { shape } = node.inputs[0];
      const axis = shape && axisOf(node.int("axis", 0), shape.length, shape);
      const keepdims = node.int("keepdims", 1) === 1;
      return [
        {
          dtype: "int64",
          shape: shape?.flatMap((extent, i) => (i === axis ? (keepdims ? [1] : []) : [extent])),
        },
      ];
    },
    samples: [{ inputs: [[2, 3]] }, { inputs: [[2, 3, 4]], attributes: { axis: -1, keepdims: 0 } }],
  });

export const reductions = [
  reduction(
    "ReduceSum",
    "number",
    ofNumbers((x) => x.reduce((a, b) => a + b, 0)),
  ),
  reduction("ReduceMean"),
  reduction(
    "ReduceMax",
    "number",
    ofNumbers((x) => Math.max(...x)),
  ),
  reduction(
    "ReduceMin",
    "number",
    ofNumbers((x) => Math.min(...x)),
  ),
  reduction("ReduceProd", "number", multiply), // counts elements, free axes included
  reduction("ReduceL1"),
  reduction("ReduceL2"),
  reduction("ReduceLogSum"),
  reduction("ReduceLogSumExp"),
  reduction("ReduceSumSquare"),
  argument("ArgMax"),
  argument("ArgMin"),
  defineOperator({
    op: "TopK",
    methods: {
      /** [values, indices] */
      topK: (
        g: NodeWriter,
        x: Value,
        k: Value | number,
        attributes: Axis & { largest?: Flag; sorted?: Flag } = {},
      ) =>
        firstTwo(
          g.ops("TopK", [x, typeof k === "number" ? g.int64s([k]) : k], attributes, { outputs: 2 }),
        ),
    },
    inputs: [1, 2],
    outputs: [2, 2],
    examples: exceptAxis(-1),
    // Divides by the number of rows.
    failsOnEmpty: ([x]) => x?.includes(0) === true,
    types: ["number", "int64"],
    attributes: { axis: "int", k: "int", largest: "int", sorted: "int" },
    infer: (node) => {
      // K was an attribute before opset 10.
      const [x, k] = node.inputs;
      const { dtype, shape } = x;
      const axis = shape && axisOf(node.int("axis", -1), shape.length, shape);
      const count = k ? k.elements?.[0] : node.int("k", 1);
      const extent = axis === undefined ? undefined : shape?.[axis];
      if (k) unify(k.shape?.[0], 1, () => `K ${show(k.shape)}, expected one number`);
      if (typeof count === "number" && count < 0)
        throw badShape(`k is ${count}, expected at least 0.`);
      if (typeof count === "number" && typeof extent === "number" && count > extent)
        throw badShape(`k is ${count}; axis ${axis} of ${show(shape)} has ${extent}.`, { shape });
      const result = shape?.map((extent, i) => (i === axis ? count : extent));
      return [
        { dtype, shape: result },
        { dtype: "int64", shape: result },
      ];
    },
    samples: [
      { inputs: [[2, 5], tensor("int64", [1], [3])], outputs: 2 },
      {
        inputs: [[4, 5], tensor("int64", [1], [2])],
        attributes: { axis: 0, largest: 0 },
        outputs: 2,
      },
    ],
  }),
  defineOperator({
    op: "CumSum",
    methods: {
      cumSum: (
        g: NodeWriter,
        x: Value,
        axis: Value | number,
        attributes: { exclusive?: Flag; reverse?: Flag } = {},
      ) => g.op("CumSum", [x, scalarOr(g, "int64", axis)], attributes),
    },
    since: 11,
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["number", "index"],
    attributes: { exclusive: "int", reverse: "int" },
    bounds: { exclusive: flag, reverse: flag },
    examples: exceptAlong(({ inputs: [x, axis] }) => {
      const at = numbersOf(axis)?.[0];
      return at === undefined ? undefined : [axisOf(at, x.shape!.length)];
    }),
    infer: ({ inputs: [x, axis] }) => {
      const at = numbersOf(axis)?.[0];
      if (at !== undefined && x.shape) axisOf(at, x.shape.length, x.shape);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    samples: [
      { inputs: [[2, 3], tensor("int64", [], [1])] },
      { inputs: [[2, 3, 4], tensor("int64", [], [0])], attributes: { reverse: 1, exclusive: 1 } },
    ],
  }),
] as const;
