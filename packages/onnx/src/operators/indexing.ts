// Operators that pick and place by index, and those that make tensors from shapes and ranges.
import { tensor } from "@cajal/core";
import { dtypeOf, isCarried } from "../model/elementType";
import {
  axisOf,
  checkIndices,
  elementsOf,
  isKnown,
  multiply,
  numbersOf,
  show,
  unify,
  unknowns,
} from "../model/dims";
import type { Attribute, Dim } from "../model/model";
import {
  badShape,
  defineOperator,
  type Inferred,
  type InferenceContext,
  type Operator,
} from "./operator";

const int64s = (...values: number[]) => tensor("int64", [values.length], values);

const gather = defineOperator({
  op: "Gather",
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "index"],
  attributes: { axis: "int" },
  infer: (node) => {
    const [x, indices] = node.inputs as readonly [Inferred, Inferred];
    const { dtype, shape } = x;
    if (!shape) return [{ dtype, shape: undefined }];
    const axis = axisOf(node.int("axis", 0), shape.length, shape);
    const extent = shape[axis];
    const at = numbersOf(indices);
    checkIndices(at, extent, `axis ${axis} of ${show(shape)}`);
    const all = x.elements;
    return [
      {
        dtype,
        shape: indices.shape && [
          ...shape.slice(0, axis),
          ...indices.shape,
          ...shape.slice(axis + 1),
        ],
        elements:
          shape.length === 1 && all && at
            ? at.map((i) => all[i < 0 ? i + all.length : i])
            : undefined,
      },
    ];
  },
  samples: [
    { inputs: [[3, 4], tensor("int64", [2, 2], [0, 2, -1, 1])] },
    { inputs: [[3, 4], tensor("int64", [], [1])], attributes: { axis: 1 } },
    { inputs: [[3, 4], tensor("int32", [0])], attributes: { axis: -1 } },
  ],
});

const gatherElements = defineOperator({
  op: "GatherElements",
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "index"],
  attributes: { axis: "int" },
  infer: (node) => {
    const [x, indices] = node.inputs as readonly [Inferred, Inferred];
    sameRank(x, indices, "indices");
    checkAlong(node, x, indices);
    return [{ dtype: x.dtype, shape: indices.shape }];
  },
  samples: [
    { inputs: [[3, 4], tensor("int64", [1, 4], [0, 1, 2, -1])] },
    { inputs: [[3, 4], tensor("int64", [3, 2], [0, 1, 2, 3, 0, 1])], attributes: { axis: 1 } },
  ],
});

const gatherND = defineOperator({
  op: "GatherND",
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { batch_dims: "int" },
  // Others end the process.
  bounds: { batch_dims: { least: 0 } },
  infer: (node) => {
    const [x, indices] = node.inputs as readonly [Inferred, Inferred];
    const batch = node.int("batch_dims", 0);
    const depth = indices.shape?.at(-1);
    if (!x.shape || !indices.shape || typeof depth !== "number")
      return [{ dtype: x.dtype, shape: undefined }];
    if (depth + batch > x.shape.length)
      throw badShape(
        `indices ${show(indices.shape)} point ${depth} axes deep into ${show(x.shape)} after ${batch} batch axes.`,
      );
    if (batch >= indices.shape.length)
      throw badShape(`batch_dims is ${batch}; indices ${show(indices.shape)} have ${indices.shape.length} axes.`); // prettier-ignore
    for (let axis = 0; axis < batch; axis++)
      unify(x.shape[axis], indices.shape[axis], () => `batch axis ${axis} of ${show(x.shape)} and indices ${show(indices.shape)}`); // prettier-ignore
    checkPlaces(x, indices, batch);
    return [
      { dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)] },
    ];
  },
  samples: [
    { inputs: [[3, 4, 2], tensor("int64", [2, 2], [0, 1, 2, 3])] },
    { inputs: [[2, 3, 4], tensor("int64", [2, 1], [1, 0])], attributes: { batch_dims: 1 } },
  ],
});

const scatterElements = (op: "Scatter" | "ScatterElements"): Operator =>
  defineOperator({
    op,
    ...(op === "Scatter" ? { since: 9, until: 10 } : { since: 11 }),
    inputs: [3, 3],
    outputs: [1, 1],
    types: ["any", "index", "any"],
    attributes: {
      axis: "int",
      ...(op === "Scatter" ? {} : { reduction: "string" as const }),
    },
    infer: (node) => {
      const [x, indices, updates] = node.inputs as readonly [Inferred, Inferred, Inferred];
      sameRank(x, indices, "indices");
      sameExtents(indices, updates);
      checkAlong(node, x, indices);
      checkScatterReduction(node);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    samples: [
      { inputs: [[3, 3], tensor("int64", [1, 3], [0, 2, 1]), [1, 3]] },
      {
        inputs: [[2, 4], tensor("int64", [2, 1], [0, 3]), [2, 1]],
        attributes: { axis: 1, ...(op === "Scatter" ? {} : { reduction: "add" }) },
      },
    ],
  });

const scatterND = defineOperator({
  op: "ScatterND",
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["any", "int64", "any"],
  attributes: { reduction: "string" },
  infer: (node) => {
    const [x, indices, updates] = node.inputs as readonly [Inferred, Inferred, Inferred];
    const depth = indices.shape?.at(-1);
    if (x.shape && indices.shape && typeof depth === "number") {
      if (depth > x.shape.length)
        throw badShape(
          `indices ${show(indices.shape)} point ${depth} axes deep into ${show(x.shape)}.`,
        );
      sameExtents(
        { dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(depth)] },
        updates,
      );
      checkPlaces(x, indices, 0);
    }
    checkScatterReduction(node);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  samples: [
    { inputs: [[4, 2], tensor("int64", [2, 1], [1, 3]), [2, 2]] },
    {
      inputs: [[4, 2], tensor("int64", [3, 2], [1, 0, 3, 1, 1, 0]), [3]],
      attributes: { reduction: "add" },
    },
  ],
});

/** Axis and indices of what goes along one axis. */
function checkAlong(node: InferenceContext, { shape }: Inferred, indices: Inferred): void {
  if (!shape) return;
  const axis = axisOf(node.int("axis", 0), shape.length, shape);
  checkIndices(indices.elements, shape[axis], `axis ${axis} of ${show(shape)}`);
}

/** Indices [..., depth] whose last axis points into the axes of x after `batch` ones. */
function checkPlaces({ shape }: Inferred, { shape: of, elements }: Inferred, batch: number): void {
  const depth = of?.at(-1);
  if (!shape || typeof depth !== "number") return;
  for (let k = 0; k < depth; k++)
    checkIndices(
      elements?.filter((_, i) => i % depth === k),
      shape[batch + k],
      `axis ${batch + k} of ${show(shape)}`,
    );
}

function checkScatterReduction(node: InferenceContext): void {
  const reduction = node.string("reduction", "none");
  if (!["none", "add", "mul", "max", "min"].includes(reduction))
    throw badShape(`reduction ${JSON.stringify(reduction)}: expected none, add, mul, max or min.`);
}

const oneHot = defineOperator({
  op: "OneHot",
  since: 9,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["number", "number:depth", "any"],
  attributes: { axis: "int" },
  infer: (node) => {
    // values are [off, on]
    const [indices, depth, values] = node.inputs as readonly [Inferred, Inferred, Inferred];
    // None ends the process.
    if (depth.shape && depth.shape.length > 0) unify(depth.shape[0], 1, () => `depth ${show(depth.shape)}, expected one number`); // prettier-ignore
    const size = depth.elements?.[0];
    if (typeof size === "number" && !(size >= 1)) throw badShape(`depth is ${size}, expected at least 1.`); // prettier-ignore
    unify(values.shape?.[0], 2, () => `values ${show(values.shape)}, expected [off, on]`);
    if (!indices.shape) return [{ dtype: values.dtype, shape: undefined }];
    const axis = axisOf(node.int("axis", -1), indices.shape.length + 1);
    const shape: Dim[] = [...indices.shape];
    shape.splice(axis, 0, depth.elements?.[0]);
    return [{ dtype: values.dtype, shape }];
  },
  samples: [
    { inputs: [tensor("int64", [3], [0, 2, 1]), tensor("int64", [], [4]), [2]] },
    {
      inputs: [tensor("int64", [2, 2], [0, 2, 1, 1]), tensor("int64", [1], [3]), [2]],
      attributes: { axis: 1 },
    },
  ],
});

const constantForms = {
  value: "tensor",
  value_float: "float",
  value_floats: "floats",
  value_int: "int",
  value_ints: "ints",
  value_string: "string",
  value_strings: "strings",
} as const;

const constant = defineOperator({
  op: "Constant",
  constant: ({ attributes: { value } }) =>
    value?.type === "tensor" && !isCarried(value.value) ? value.value : undefined,
  inputs: [0, 0],
  outputs: [1, 1],
  types: [],
  attributes: { ...constantForms, sparse_value: "sparse_tensor" },
  infer: (node) => {
    const [given, ...others] = Object.keys(constantForms).flatMap((name): Attribute[] => {
      const attribute = node.attribute(name);
      return attribute ? [attribute] : [];
    });
    if (others.length > 0) throw badShape(`got ${1 + others.length} values, expected one.`);
    switch (given?.type) {
      case "tensor": {
        const { dtype, shape } = given.value;
        const elements = isCarried(given.value) ? undefined : elementsOf(dtype, given.value.data);
        return [{ dtype, shape, elements }];
      }
      case "int":
        return [{ dtype: "int64", shape: [], elements: [given.value] }];
      case "float":
        return [{ dtype: "float32", shape: [], elements: [given.value] }];
      case "ints":
        return [{ dtype: "int64", shape: [given.value.length], elements: given.value }];
      case "floats":
        return [{ dtype: "float32", shape: [given.value.length], elements: given.value }];
      default:
        throw badShape("expected a number or a tensor as its value; strings are not supported.");
    }
  },
  samples: [
    { inputs: [], attributes: { value: tensor("float32", [2, 2], [1, 2, 3, 4]) } },
    { inputs: [], attributes: { value_ints: [1, 2, 3] } },
    { inputs: [], attributes: { value_float: 0.5 } },
  ],
});

const constantOfShape = defineOperator({
  op: "ConstantOfShape",
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["int64"],
  attributes: { value: "tensor" },
  infer: (node) => {
    const given = node.inputs[0]!;
    const attribute = node.attribute("value");
    const value = attribute?.type === "tensor" ? attribute.value : undefined;
    const shape = given.elements ?? unknowns(given.shape?.[0]);
    const length = isKnown(shape) ? shape.reduce((p, n) => p * n, 1) : Infinity;
    const fill = !value
      ? 0
      : isCarried(value)
        ? undefined
        : elementsOf(value.dtype, value.data)?.[0];
    return [
      {
        dtype: value?.dtype ?? "float32",
        shape,
        elements: length <= 256 ? Array.from({ length }, () => fill) : undefined,
      },
    ];
  },
  samples: [
    { inputs: [int64s(2, 3)] },
    { inputs: [int64s(2)], attributes: { value: tensor("int64", [1], [7]) } },
    { inputs: [tensor("int64", [0])] },
  ],
});

const range = defineOperator({
  op: "Range",
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["number"],
  attributes: { stash_type: "int" },
  infer: ({ inputs }) => {
    const [start, limit, delta] = inputs.map((input) => input?.elements?.[0]);
    const { dtype } = inputs[0]!;
    if (start === 0 && delta === 1 && typeof limit === "string") return [{ dtype, shape: [limit] }];
    if (typeof start !== "number" || typeof limit !== "number" || typeof delta !== "number")
      return [{ dtype, shape: [undefined] }];
    if (delta === 0) throw badShape("delta is 0.");
    const length = Math.max(0, Math.ceil((limit - start) / delta));
    if (!Number.isFinite(length))
      throw badShape(`from ${start} to ${limit} by ${delta} has no end.`);
    return [
      {
        dtype,
        shape: [length],
        elements: length <= 256 ? Array.from({ length }, (_, i) => start + i * delta) : undefined,
      },
    ];
  },
  samples: [
    {
      inputs: [tensor("int64", [], [1]), tensor("int64", [], [8]), tensor("int64", [], [3])],
    },
    {
      inputs: [
        tensor("float32", [], [1]),
        tensor("float32", [], [0]),
        tensor("float32", [], [-0.25]),
      ],
    },
  ],
});

export const indexing: readonly Operator[] = [
  gather,
  gatherElements,
  gatherND,
  scatterElements("Scatter"),
  scatterElements("ScatterElements"),
  scatterND,
  oneHot,
  constant,
  constantOfShape,
  range,
  defineOperator({
    op: "Shape",
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: { end: "int", start: "int" },
    infer: (node) => {
      const { shape } = node.inputs[0]!;
      if (!shape) return [{ dtype: "int64", shape: [undefined] }];
      const part = shape.slice(node.int("start", 0), node.int("end", shape.length));
      return [{ dtype: "int64", shape: [part.length], elements: part }];
    },
    samples: [
      { inputs: [[2, 3, 4]] },
      { inputs: [[2, 3, 4]], attributes: { start: 1, end: -1 } },
      { inputs: [[]] },
    ],
  }),
  defineOperator({
    op: "Size",
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: {},
    infer: ({ inputs: [x] }) => {
      const size = x!.shape && multiply(x!.shape);
      return [{ dtype: "int64", shape: [], elements: [size] }];
    },
    samples: [{ inputs: [[2, 3]] }],
  }),
  defineOperator({
    op: "NonZero",
    since: 9,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: {},
    infer: ({ inputs: [x] }) => {
      // [rank, count]; a scalar counts as [1] in ONNX Runtime
      const rank = x!.shape && Math.max(1, x!.shape.length);
      const elements = numbersOf(x);
      if (rank !== 1 || !elements) return [{ dtype: "int64", shape: [rank, undefined] }];
      const found = elements.flatMap((element, i) => (element === 0 ? [] : [i]));
      return [{ dtype: "int64", shape: [1, found.length], elements: found }];
    },
    samples: [{ inputs: [[2, 3]] }, { inputs: [int64s(0, 4, 0, 1)] }],
  }),
  defineOperator({
    op: "EyeLike",
    steps: true,
    since: 9,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: { dtype: "int", k: "int" },
    infer: (node) => {
      const x = node.inputs[0]!;
      const type = node.attribute("dtype");
      return [{ dtype: type ? dtypeOf(node.int("dtype", 0)) : x.dtype, shape: x.shape }];
    },
    samples: [{ inputs: [[3, 4]] }, { inputs: [[3, 4]], attributes: { dtype: 7, k: 1 } }],
  }),
  defineOperator({
    op: "Compress",
    since: 9,
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["any", "bool"],
    attributes: { axis: "int" },
    infer: (node) => {
      const { dtype, shape } = node.inputs[0]!;
      const attribute = node.attribute("axis");
      const axis =
        attribute?.type === "int" && shape
          ? axisOf(attribute.value, shape.length, shape)
          : undefined;
      const size = axis === undefined ? shape && multiply(shape) : shape?.[axis];
      // A longer condition goes on beyond the end.
      const flags = numbersOf(node.inputs[1]);
      const chosen =
        flags && (typeof size === "number" || !flags.includes(1))
          ? flags.slice(0, size as number).filter((each) => each !== 0).length
          : undefined;
      if (attribute?.type !== "int") return [{ dtype, shape: [chosen] }];
      return [{ dtype, shape: shape?.map((extent, i) => (i === axis ? chosen : extent)) }];
    },
    samples: [
      { inputs: [[3, 2], tensor("bool", [2], [0, 1])], attributes: { axis: 0 } },
      { inputs: [[3, 2], tensor("bool", [5], [0, 1, 1, 0, 1])] },
    ],
  }),
];

function sameRank(x: Inferred, other: Inferred, what: string): void {
  if (x.shape && other.shape && x.shape.length !== other.shape.length)
    throw badShape(`${what} ${show(other.shape)} and data ${show(x.shape)} differ in rank.`);
}

function sameExtents(expected: Inferred, updates: Inferred): void {
  if (!expected.shape || !updates.shape) return;
  if (expected.shape.length !== updates.shape.length)
    throw badShape(`updates ${show(updates.shape)}: expected ${show(expected.shape)}.`);
  expected.shape.forEach((extent, i) =>
    unify(extent, updates.shape?.[i], () => `axis ${i} of updates ${show(updates.shape)}`),
  );
}
