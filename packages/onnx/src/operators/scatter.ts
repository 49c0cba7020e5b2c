// Operators that place by index.
import { tensor } from "@cajal/core";
import { show, unify } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import {
  badShape,
  defineOperator,
  type InferenceContext,
  type Inferred,
  type Operator,
} from "./operator";
import type { Axis } from "./shared/arguments";
import { checkAlong, checkPlaces, sameRank } from "./shared/indices";

type ScatterReduction = "none" | "add" | "mul" | "max" | "min";

function checkScatterReduction(node: InferenceContext): void {
  const reduction = node.string("reduction", "none");
  if (!["none", "add", "mul", "max", "min"].includes(reduction))
    throw badShape(`reduction ${JSON.stringify(reduction)}: expected none, add, mul, max or min.`);
}

function sameExtents(expected: Inferred, updates: Inferred): void {
  if (!expected.shape || !updates.shape) return;
  if (expected.shape.length !== updates.shape.length)
    throw badShape(`updates ${show(updates.shape)}: expected ${show(expected.shape)}.`);
  expected.shape.forEach((extent, i) =>
    unify(extent, updates.shape?.[i], () => `axis ${i} of updates ${show(updates.shape)}`),
  );
}

const alongAxis = (op: "Scatter" | "ScatterElements"): Operator =>
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
      const [x, indices, updates] = node.inputs;
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

/** Gone from opset 11 on. */
const scatter: Operator<Record<never, never>> = alongAxis("Scatter");

const scatterElements = {
  ...alongAxis("ScatterElements"),
  methods: {
    scatterElements: (
      g: NodeWriter,
      x: Value,
      indices: Value,
      updates: Value,
      attributes: Axis & { reduction?: ScatterReduction } = {},
    ) => g.op("ScatterElements", [x, indices, updates], attributes),
  },
};

const scatterND = defineOperator({
  op: "ScatterND",
  methods: {
    scatterND: (
      g: NodeWriter,
      x: Value,
      indices: Value,
      updates: Value,
      attributes: { reduction?: ScatterReduction } = {},
    ) => g.op("ScatterND", [x, indices, updates], attributes),
  },
  since: 11,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["any", "int64", "any"],
  attributes: { reduction: "string" },
  infer: (node) => {
    const [x, indices, updates] = node.inputs;
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

export const scatters = [scatter, scatterElements, scatterND] as const;
