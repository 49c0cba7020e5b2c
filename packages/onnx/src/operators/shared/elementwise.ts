// Operators that work element by element, with the broadcasting of NumPy where they take several: what those of
// one input, of two and of many have in common.
import { tensor } from "@cajal/core";
import { broadcast } from "../../model/dims";
import type { ElementType } from "../../model/elementType";
import type { Dim } from "../../model/model";
import { namedMethod, type NodeWriter, type Value } from "../method";
import {
  defineOperator,
  type AttributeTypes,
  type InferenceContext,
  type Inferred,
  type Operator,
  type OperatorSample,
  type TypeRule,
} from "../operator";
import { elementByElement } from "./examples";
import { operands, type AttributeArguments, type Operand } from "./arguments";

type None = Record<never, never>;

interface Unary<A extends AttributeTypes> {
  choices?: Operator["choices"];
  ending?: Operator["ending"];
  steps?: true;
  since?: number;
  attributes?: A;
  /** What it does to numbers that are known while the graph is built. */
  fold?: (x: number, dtype: ElementType) => number;
  result?: ElementType;
  domain?: string;
  samples?: readonly OperatorSample[];
}

/** One input; the output has its shape. */
export const unary = <Op extends string, A extends AttributeTypes = None>(
  op: Op,
  type: TypeRule,
  { since, attributes, choices, ending, steps, fold, result, domain, samples }: Unary<A> = {},
) =>
  defineOperator({
    op,
    methods: namedMethod(op, (g: NodeWriter, x: Value, ...[values]: AttributeArguments<A>) =>
      g.op(op, [x], attributes && values, domain),
    ),
    ...(since === undefined ? {} : { since }),
    ...(domain === undefined ? {} : { domain }),
    inputs: [1, 1],
    outputs: [1, 1],
    types: [type],
    examples: elementByElement,
    ...(choices === undefined ? {} : { choices }),
    ...(ending === undefined ? {} : { ending }),
    ...(steps === undefined ? {} : { steps }),
    // Operators of the first opset had it, up to opset 5.
    attributes: domain || since ? (attributes ?? {}) : { ...attributes, consumed_inputs: "ints" },
    infer: ({ inputs: [x] }) => {
      const { dtype, shape, elements } = x;
      return [
        {
          dtype: result ?? dtype,
          shape,
          elements:
            fold &&
            elements?.map((element) =>
              typeof element === "number" ? rounded(dtype, fold(element, dtype)) : undefined,
            ),
        },
      ];
    },
    samples: samples ?? [
      { inputs: [type === "bool" ? tensor("bool", [2, 2], [0, 1, 1, 0]) : [2, 3]] },
      ...(type === "bool" ? [] : [{ inputs: [[]] }, { inputs: [[0, 4]] }]),
    ],
  });

type Fold = (
  x: number,
  y: number,
  dtype: ElementType,
  node?: Pick<InferenceContext, "int">,
) => number;

/** Two inputs that broadcast. `neutral`: the second operand that leaves the first, a free axis even, as it is. */
export const binary = <Op extends string, A extends AttributeTypes = None>(
  op: Op,
  type: TypeRule,
  {
    since,
    result,
    fold,
    identityElement,
    symbolic,
    attributes,
    types = [type, type],
    samples,
    required,
    choices,
    bounds,
    check,
    consumed,
  }: {
    /** Whether its first version said which inputs it may overwrite. */
    consumed?: true;
    bounds?: Operator["bounds"];
    /** Refuses operands that it has no result for. */
    check?: (a: Inferred, b: Inferred, node: InferenceContext) => void;
    choices?: Operator["choices"];
    since?: number;
    required?: readonly string[];
    result?: ElementType;
    fold?: Fold;
    identityElement?: { right: number; left?: number };
    /** What it makes of free axes. */
    symbolic?: (x: Dim, y: Dim) => Dim;
    attributes?: A;
    types?: readonly TypeRule[];
    samples?: readonly OperatorSample[];
  } = {},
) =>
  defineOperator({
    op,
    methods: namedMethod(
      op,
      (g: NodeWriter, a: Operand, b: Operand, ...[values]: AttributeArguments<A>) =>
        g.op(op, operands(g, [a, b]), attributes && values),
    ),
    ...(since === undefined ? {} : { since }),
    inputs: [2, 2],
    outputs: [1, 1],
    types,
    // Before opset 7 the second operand was broadcast along an axis of the first.
    examples: (node) => (node.opset < 7 ? undefined : elementByElement(node)),
    ...(required === undefined ? {} : { required }),
    ...(choices === undefined ? {} : { choices }),
    ...(bounds === undefined ? {} : { bounds }),
    // Operators of the first opset had them, up to opset 6.
    attributes: since
      ? (attributes ?? {})
      : {
          ...attributes,
          axis: "int",
          broadcast: "int",
          ...(consumed ? { consumed_inputs: "ints" as const } : {}),
        },
    infer: (node) => {
      const [a, b] = node.inputs as readonly [Inferred, Inferred];
      check?.(a, b, node);
      // Before opset 7 the second operand was broadcast along an axis of the first.
      if (node.opset < 7 && node.int("broadcast", 0))
        return [{ dtype: result ?? a.dtype, shape: a.shape }];
      const each = (x: Dim, y: Dim): Dim => {
        if (typeof x === "number" && typeof y === "number") {
          const folded = fold && rounded(a.dtype, fold(x, y, a.dtype, node));
          // Whole numbers have no quotient by 0.
          return isInteger(a.dtype) && !Number.isFinite(folded) ? undefined : folded;
        }
        if (identityElement && y === identityElement.right) return x;
        if (identityElement && identityElement.left !== undefined && x === identityElement.left)
          return y;
        // Extents are whole and not negative.
        const extents = [x, y].every(
          (z) => typeof z !== "number" || (Number.isInteger(z) && z > 0),
        );
        return symbolic && extents && isInteger(a.dtype) ? symbolic(x, y) : undefined;
      };
      return [
        {
          dtype: result ?? a.dtype,
          shape: broadcast(a.shape, b.shape),
          elements: fold && elementwise(a, b, each),
        },
      ];
    },
    samples:
      samples ?? binarySamples[type === "bool" ? "bool" : type === "integer" ? "integer" : "float"],
  });

export const integerPair = (a: readonly number[], b: readonly number[]): OperatorSample => ({
  inputs: [tensor("int32", a, count(a)), tensor("int32", b, count(b))],
});
const boolPair = (a: readonly number[], b: readonly number[]): OperatorSample => ({
  inputs: [
    tensor(
      "bool",
      a,
      count(a).map((i) => i % 2),
    ),
    tensor(
      "bool",
      b,
      count(b).map((i) => i % 2),
    ),
  ],
});
const count = (shape: readonly number[]) =>
  Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => i + 1);

export const binarySamples = {
  float: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
    },
    { inputs: [[2, 3], []] },
    {
      inputs: [
        [3, 1],
        [2, 1, 4],
      ],
    },
    { inputs: [[0, 3], [1]] },
  ],
  integer: [integerPair([2, 3], [3]), integerPair([], [2, 1])],
  bool: [boolPair([2, 3], [3]), boolPair([2], [])],
} satisfies Record<string, readonly OperatorSample[]>;

/** One input or more. */
export const nary = <Op extends string>(op: Op, type: TypeRule, fold?: Fold) =>
  defineOperator({
    op,
    methods: namedMethod(op, (g: NodeWriter, ...x: Operand[]) => g.op(op, operands(g, x))),
    inputs: [1, Infinity],
    outputs: [1, 1],
    types: [type],
    examples: elementByElement,
    attributes: { consumed_inputs: "ints" },
    infer: ({ inputs }) => {
      const values = inputs as readonly Inferred[];
      const { dtype } = values[0]!;
      const shape = values.map((x) => x.shape).reduce(broadcast);
      const elements =
        fold &&
        values.slice(1).reduce<Inferred>(
          (a, b) => ({
            dtype,
            shape: broadcast(a.shape, b.shape),
            elements: elementwise(a, b, (x, y) =>
              typeof x === "number" && typeof y === "number" ? fold(x, y, dtype) : undefined,
            ),
          }),
          values[0]!,
        ).elements;
      return [{ dtype, shape, elements }];
    },
    samples: [
      { inputs: [[2, 3]] },
      { inputs: [[2, 3], [3], [4, 1, 1]] },
      { inputs: [[2], [0, 1]] },
    ],
  });

/** Numbers on both sides of 0, of 1 and of −1. */
export const shiftSamples: readonly OperatorSample[] = [
  { inputs: [tensor("float32", [2, 3], [-2, -0.5, 0.5, 3, 0, 1])] },
];

export const isInteger = (dtype: ElementType) => /^(u?int|bool)/.test(dtype);

/** Element by element, for tensors of rank 0 and 1 whose elements are followed. */
export function elementwise(
  a: Inferred,
  b: Inferred,
  each: (x: Dim, y: Dim) => Dim,
): Dim[] | undefined {
  const x = a.elements;
  const y = b.elements;
  if (!x || !y || !a.shape || !b.shape || a.shape.length > 1 || b.shape.length > 1)
    return undefined;
  if (x.length !== y.length && x.length !== 1 && y.length !== 1) return undefined;
  const length = x.length === 1 ? y.length : x.length;
  return Array.from({ length }, (_, i) =>
    each(x[x.length === 1 ? 0 : i], y[y.length === 1 ? 0 : i]),
  );
}

/** A result as the type holds it. */
export function rounded(dtype: ElementType, x: number): number | undefined {
  const storedValue = dtype === "float32" ? Math.fround(x) : isInteger(dtype) ? Math.trunc(x) : x;
  return Number.isNaN(storedValue) && isInteger(dtype) ? undefined : storedValue;
}
