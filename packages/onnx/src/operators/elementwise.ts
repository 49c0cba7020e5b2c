// Operators that work element by element, with the broadcasting of NumPy where they take several.
import { tensor } from "@cajal/core";
import { broadcast, divide, multiply, show } from "../model/dims";
import type { ElementType } from "../model/elementType";
import type { Dim } from "../model/model";
import {
  badShape,
  defineOperator,
  flag,
  type AttributeTypes,
  type InferenceContext,
  type Inferred,
  type Operator,
  type OperatorSample,
  type TypeRule,
} from "./operator";

interface Unary {
  choices?: Operator["choices"];
  ending?: Operator["ending"];
  steps?: true;
  since?: number;
  attributes?: AttributeTypes;
  /** What it does to numbers that are known while the graph is built. */
  fold?: (x: number, dtype: ElementType) => number;
  result?: ElementType;
  domain?: string;
  samples?: readonly OperatorSample[];
}

const unary = (
  op: string,
  type: TypeRule,
  { since, attributes = {}, choices, ending, steps, fold, result, domain, samples }: Unary = {},
): Operator =>
  defineOperator({
    op,
    ...(since === undefined ? {} : { since }),
    ...(domain === undefined ? {} : { domain }),
    inputs: [1, 1],
    outputs: [1, 1],
    types: [type],
    ...(choices === undefined ? {} : { choices }),
    ...(ending === undefined ? {} : { ending }),
    ...(steps === undefined ? {} : { steps }),
    // Operators of the first opset had it, up to opset 5.
    attributes: domain || since ? attributes : { ...attributes, consumed_inputs: "ints" },
    infer: ({ inputs: [x] }) => {
      const { dtype, shape, elements } = x!;
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
const binary = (
  op: string,
  type: TypeRule,
  {
    since,
    result,
    fold,
    neutral,
    free,
    attributes = {},
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
    neutral?: { right: number; left?: number };
    /** What it makes of free axes. */
    free?: (x: Dim, y: Dim) => Dim;
    attributes?: AttributeTypes;
    types?: readonly TypeRule[];
    samples?: readonly OperatorSample[];
  } = {},
): Operator =>
  defineOperator({
    op,
    ...(since === undefined ? {} : { since }),
    inputs: [2, 2],
    outputs: [1, 1],
    types,
    ...(required === undefined ? {} : { required }),
    ...(choices === undefined ? {} : { choices }),
    ...(bounds === undefined ? {} : { bounds }),
    // Operators of the first opset had them, up to opset 6.
    attributes: since
      ? attributes
      : {
          ...attributes,
          axis: "int",
          broadcast: "int",
          ...(consumed ? { consumed_inputs: "ints" as const } : {}),
        },
    infer: (node) => {
      const [a, b] = node.inputs as readonly [Inferred, Inferred];
      check?.(a, b, node);
      // Before opset 7 the second operand was laid beside an axis of the first.
      if (node.opset < 7 && node.int("broadcast", 0))
        return [{ dtype: result ?? a.dtype, shape: a.shape }];
      const each = (x: Dim, y: Dim): Dim => {
        if (typeof x === "number" && typeof y === "number") {
          const made = fold && rounded(a.dtype, fold(x, y, a.dtype, node));
          // Whole numbers have no quotient by 0.
          return isInteger(a.dtype) && !Number.isFinite(made) ? undefined : made;
        }
        if (neutral && y === neutral.right) return x;
        if (neutral && neutral.left !== undefined && x === neutral.left) return y;
        // Extents are whole and not negative.
        const extents = [x, y].every(
          (z) => typeof z !== "number" || (Number.isInteger(z) && z > 0),
        );
        return free && extents && isInteger(a.dtype) ? free(x, y) : undefined;
      };
      return [
        {
          dtype: result ?? a.dtype,
          shape: broadcast(a.shape, b.shape),
          elements: fold && together(a, b, each),
        },
      ];
    },
    samples:
      samples ?? binarySamples[type === "bool" ? "bool" : type === "integer" ? "integer" : "float"],
  });

const integerPair = (a: readonly number[], b: readonly number[]): OperatorSample => ({
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

const binarySamples = {
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

const nary = (op: string, type: TypeRule, fold?: Fold): Operator =>
  defineOperator({
    op,
    inputs: [1, Infinity],
    outputs: [1, 1],
    types: [type],
    attributes: { consumed_inputs: "ints" },
    infer: ({ inputs }) => {
      const given = inputs as readonly Inferred[];
      const { dtype } = given[0]!;
      const shape = given.map((x) => x.shape).reduce(broadcast);
      const elements =
        fold &&
        given.slice(1).reduce<Inferred>(
          (a, b) => ({
            dtype,
            shape: broadcast(a.shape, b.shape),
            elements: together(a, b, (x, y) =>
              typeof x === "number" && typeof y === "number" ? fold(x, y, dtype) : undefined,
            ),
          }),
          given[0]!,
        ).elements;
      return [{ dtype, shape, elements }];
    },
    samples: [
      { inputs: [[2, 3]] },
      { inputs: [[2, 3], [3], [4, 1, 1]] },
      { inputs: [[2], [0, 1]] },
    ],
  });

/** A constant of it ends the process; one that is fed is an error of the run. */
function checkDivisor(a: Inferred, b: Inferred): void {
  if (isInteger(a.dtype) && b.elements?.includes(0)) throw badShape("a whole number divided by 0.");
}

const truth = (condition: boolean) => (condition ? 1 : 0);
const isInteger = (dtype: ElementType) => /^(u?int|bool)/.test(dtype);

/** Clip took its limits as attributes before opset 11. */
const clip = defineOperator({
  op: "Clip",
  settings: [1, 2],
  inputs: [1, 3],
  outputs: [1, 1],
  types: ["number"],
  attributes: { min: "float", max: "float", consumed_inputs: "ints" },
  infer: ({ inputs: [x, min, max] }) => {
    for (const limit of [min, max])
      if (
        limit?.shape &&
        limit.shape.length > 0 &&
        !(limit.shape.length === 1 && limit.shape[0] === 1)
      )
        throw badShape(`limits are scalars; got shape ${show(limit.shape)}.`);
    return [{ dtype: x!.dtype, shape: x!.shape }];
  },
  samples: [
    { inputs: [[2, 3], tensor("float32", [], [0.2]), tensor("float32", [], [0.5])] },
    { inputs: [[2, 3], undefined, tensor("float32", [], [0.5])] },
    { inputs: [tensor("int64", [3], [-4, 0, 9]), tensor("int64", [], [0])] },
  ],
});

const pRelu = defineOperator({
  op: "PRelu",
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["number"],
  attributes: { consumed_inputs: "ints" },
  infer: ({ inputs: [x, slope], opset }) => {
    // One way only: the slope broadcasts to x. Before opset 7 a [channels] slope was laid beside axis 1.
    if (opset < 7) return [{ dtype: x!.dtype, shape: x!.shape }];
    const shape = broadcast(x!.shape, slope!.shape);
    if (x!.shape && shape && shape.length > x!.shape.length)
      throw badShape(`slope ${show(slope!.shape)} does not broadcast to x ${show(x!.shape)}.`);
    return [{ dtype: x!.dtype, shape: x!.shape }];
  },
  samples: [
    {
      inputs: [
        [2, 3, 4],
        [3, 1],
      ],
    },
    { inputs: [[2, 3], [1]] },
  ],
});

const where = defineOperator({
  op: "Where",
  since: 9,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["bool", "any", "any"],
  attributes: {},
  infer: ({ inputs }) => {
    const [condition, x, y] = inputs as readonly [Inferred, Inferred, Inferred];
    const shape = broadcast(broadcast(condition.shape, x.shape), y.shape);
    const chosen = together(x, y, (a, b) => (a === b ? a : undefined));
    const length = Math.max(
      condition.elements?.length ?? 0,
      x.elements?.length ?? 0,
      y.elements?.length ?? 0,
    );
    const fits = [condition, x, y].every(
      ({ elements, shape }) =>
        elements &&
        shape &&
        shape.length <= 1 &&
        (elements.length === length || elements.length === 1),
    );
    const elements = fits
      ? Array.from({ length }, (_, i) => {
          const test = at(condition, i);
          return test === 1 ? at(x, i) : test === 0 ? at(y, i) : chosen?.[i];
        })
      : undefined;
    return [{ dtype: x.dtype, shape, elements }];
  },
  samples: [
    { inputs: [tensor("bool", [2, 1], [1, 0]), [2, 3], []] },
    { inputs: [tensor("bool", [], [1]), [3], [2, 1]] },
  ],
});

const dropout = defineOperator({
  op: "Dropout",
  settings: [1, 2],
  inputs: [1, 3],
  outputs: [1, 2],
  types: ["float", "float:ratio", "bool"],
  attributes: { seed: "int", ratio: "float", is_test: "int", consumed_inputs: "ints" },
  infer: ({ inputs: [x, ratio, training], opset }) => {
    const share = ratio?.elements?.[0];
    if (typeof share === "number" && training?.elements?.[0] === 1 && !(share >= 0 && share < 1))
      throw badShape(`ratio is ${share}, expected a number from 0 on and below 1.`);
    return [
      { dtype: x!.dtype, shape: x!.shape },
      { dtype: opset < 10 ? x!.dtype : "bool", shape: x!.shape },
    ];
  },
  samples: [
    { inputs: [[2, 3]] },
    {
      inputs: [[2, 3], tensor("float32", [], [0.5]), tensor("bool", [], [1])],
      attributes: { seed: 7 },
      outputs: 2,
    },
  ],
});

const small = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
  inputs: [tensor("float32", shape, values)],
});
const alpha = { alpha: "float" } as const;
const least1: readonly OperatorSample[] = [small([1, 1.5, 2, 4], [2, 2])];
const shifted: readonly OperatorSample[] = [small([-2, -0.5, 0.5, 3, 0, 1], [2, 3])];

export const elementwise: readonly Operator[] = [
  defineOperator({
    op: "Identity",
    ending: "same",
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: {},
    infer: ({ inputs: [x] }) => [x!],
    samples: [{ inputs: [[2, 3]] }, { inputs: [tensor("bool", [2], [0, 1])] }],
  }),

  // Activations
  unary("Relu", "signed", { samples: shifted }),
  unary("LeakyRelu", "float", {
    attributes: alpha,
    samples: [...shifted, { inputs: [[2, 3]], attributes: { alpha: 0.3 } }],
  }),
  unary("Elu", "float", { attributes: alpha, samples: shifted }),
  unary("Selu", "float", { attributes: { ...alpha, gamma: "float" }, samples: shifted }),
  unary("Celu", "float", { since: 12, attributes: alpha, samples: shifted }),
  unary("ThresholdedRelu", "float", { since: 10, attributes: alpha, samples: shifted }),
  unary("HardSigmoid", "float", { attributes: { ...alpha, beta: "float" }, samples: shifted }),
  unary("HardSwish", "float", { since: 14, samples: shifted }),
  unary("Mish", "float", { since: 18, samples: shifted }),
  unary("Sigmoid", "float", { ending: { activation: "sigmoid" }, samples: shifted }),
  unary("Tanh", "float", { ending: { activation: "tanh" }, samples: shifted }),
  unary("Softplus", "float", { since: 1, samples: shifted }),
  unary("Softsign", "float", { since: 1, samples: shifted }),
  unary("Shrink", "number", { since: 9, attributes: { bias: "float", lambd: "float" } }),
  unary("Gelu", "float", { domain: "com.microsoft", samples: shifted }),
  unary("Gelu", "float", {
    since: 20,
    attributes: { approximate: "string" },
    choices: { approximate: ["none", "tanh"] },
    samples: shifted,
  }),
  unary("QuickGelu", "float", { domain: "com.microsoft", attributes: alpha, samples: shifted }),
  unary("Swish", "float", { since: 24, attributes: alpha, samples: shifted }),
  clip,
  pRelu,
  dropout,

  // Mathematics
  unary("Abs", "number", { fold: Math.abs, samples: shifted }),
  unary("Neg", "signed", { fold: (x) => -x, samples: shifted }),
  unary("Sign", "number", { steps: true, since: 9, fold: Math.sign, samples: shifted }),
  unary("Floor", "float", { steps: true, fold: Math.floor, samples: shifted }),
  unary("Ceil", "float", { steps: true, fold: Math.ceil, samples: shifted }),
  unary("Round", "float", { steps: true, since: 11, fold: roundHalfEven, samples: shifted }),
  unary("Exp", "float", { fold: Math.exp }),
  unary("Log", "float", { fold: Math.log }),
  unary("Sqrt", "float", { fold: Math.sqrt }),
  unary("Reciprocal", "float", { fold: (x) => 1 / x }),
  unary("Erf", "number", { since: 9 }),
  unary("Sin", "float", { since: 7 }),
  unary("Cos", "float", { since: 7 }),
  unary("Tan", "float", { since: 7 }),
  unary("Asin", "float", { since: 7 }),
  unary("Acos", "float", { since: 7 }),
  unary("Atan", "float", { since: 7 }),
  unary("Sinh", "float", { since: 9 }),
  unary("Cosh", "float", { since: 9 }),
  unary("Asinh", "float", { since: 9 }),
  unary("Acosh", "float", { since: 9, samples: least1 }),
  unary("Atanh", "float", { since: 9 }),
  unary("IsNaN", "float", { since: 9, result: "bool", fold: (x) => truth(Number.isNaN(x)) }),
  unary("IsInf", "float", {
    since: 10,
    attributes: { detect_positive: "int", detect_negative: "int" },
    result: "bool",
  }),
  unary("Not", "bool", { since: 1, fold: (x) => truth(!x) }),
  unary("BitwiseNot", "integer", {
    since: 18,
    samples: [{ inputs: [tensor("int32", [3], [0, 1, -5])] }],
  }),

  // Arithmetic
  {
    ...binary("Add", "number", {
      consumed: true,
      fold: (x, y) => x + y,
      neutral: { right: 0, left: 0 },
    }),
    ending: "adds",
  },
  binary("Sub", "number", { consumed: true, fold: (x, y) => x - y, neutral: { right: 0 } }),
  binary("Mul", "number", {
    consumed: true,
    fold: (x, y) => x * y,
    neutral: { right: 1, left: 1 },
    free: (x, y) => multiply([x, y]),
  }),
  binary("Div", "number", {
    consumed: true,
    fold: (x, y, dtype) => (isInteger(dtype) ? Math.trunc(x / y) : x / y),
    neutral: { right: 1 },
    free: (x, y) => divide([x], [y]),
    check: checkDivisor,
  }),
  binary("Pow", "number", {
    types: ["number", "number:exponent"],
    fold: (x, y) => x ** y,
    neutral: { right: 1 },
  }),
  binary("Mod", "number", {
    since: 10,
    attributes: { fmod: "int" },
    bounds: { fmod: flag },
    check: (a, b, node) => {
      checkDivisor(a, b);
      // Operator set 28 has the remainder with the divisor's sign for them too.
      if (node.opset < 28 && !isInteger(a.dtype) && node.int("fmod", 0) === 0)
        throw badShape(`fmod is 0, expected 1 for ${a.dtype}.`);
    },
    // With the sign of the divisor, as shapes are padded to whole windows; fmod: of the dividend.
    fold: (x, y, _, node) => (node?.int("fmod", 0) ? x % y : x - y * Math.floor(x / y)),
    samples: [
      ...binarySamples.integer,
      integerPair([3], []),
      { inputs: [[2, 3], [3]], attributes: { fmod: 1 } },
    ],
  }),
  nary("Max", "number", (x, y) => Math.max(x, y)),
  nary("Min", "number", (x, y) => Math.min(x, y)),
  nary("Sum", "float", (x, y) => x + y),
  nary("Mean", "float"),

  // Comparison and logic
  binary("Equal", "any", { result: "bool", fold: (x, y) => truth(x === y) }),
  binary("Greater", "number", { result: "bool", fold: (x, y) => truth(x > y) }),
  binary("GreaterOrEqual", "number", { since: 12, result: "bool", fold: (x, y) => truth(x >= y) }),
  binary("Less", "number", { result: "bool", fold: (x, y) => truth(x < y) }),
  binary("LessOrEqual", "number", { since: 12, result: "bool", fold: (x, y) => truth(x <= y) }),
  binary("And", "bool", { result: "bool", fold: (x, y) => truth(x !== 0 && y !== 0) }),
  binary("Or", "bool", { result: "bool", fold: (x, y) => truth(x !== 0 || y !== 0) }),
  binary("Xor", "bool", { result: "bool", fold: (x, y) => truth(x !== y) }),
  binary("BitwiseAnd", "integer", { since: 18 }),
  binary("BitwiseOr", "integer", { since: 18 }),
  binary("BitwiseXor", "integer", { since: 18 }),
  binary("BitShift", "unsigned", {
    since: 11,
    attributes: { direction: "string" },
    choices: { direction: ["LEFT", "RIGHT"] },
    required: ["direction"],
    samples: [
      {
        inputs: [tensor("uint32", [2], [4, 8]), tensor("uint32", [1], [1])],
        attributes: { direction: "LEFT" },
      },
    ],
  }),
  where,
];

/** Element `i`, or the only one. */
const at = ({ elements }: Inferred, i: number) => elements?.[elements.length === 1 ? 0 : i];

/** Element by element, for tensors of rank 0 and 1 whose elements are followed. */
function together(a: Inferred, b: Inferred, each: (x: Dim, y: Dim) => Dim): Dim[] | undefined {
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
  const held = dtype === "float32" ? Math.fround(x) : isInteger(dtype) ? Math.trunc(x) : x;
  return Number.isNaN(held) && isInteger(dtype) ? undefined : held;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
