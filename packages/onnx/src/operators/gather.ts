// Operators that pick by index.
import { tensor } from "@cajal/core";
import { axisOf, checkIndices, numbersOf, show, unify } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { attributeAxis } from "./shared/examples";
import { numbers, type Axis, type Numbers } from "./shared/arguments";
import { checkAlong, checkPlaces, sameRank } from "./shared/indices";

const gather = defineOperator({
  op: "Gather",
  methods: {
    gather: (g: NodeWriter, x: Value, indices: Numbers, attributes: Axis = {}) =>
      g.op("Gather", [x, numbers(g, indices)], attributes),
  },
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "index"],
  attributes: { axis: "int" },
  examples: (node) => {
    const [ofX, ofIndices] = node.axes;
    const axis = attributeAxis(node, 0);
    if (ofX === undefined) return axis + ofIndices!;
    if (ofIndices !== undefined || ofX === axis) return undefined;
    return ofX < axis ? ofX : ofX - 1 + node.inputs[1]!.shape!.length;
  },
  infer: (node) => {
    const [x, indices] = node.inputs;
    const { dtype, shape } = x;
    if (!shape) return [{ dtype, shape: undefined }];
    const axis = axisOf(node.int("axis", 0), shape.length, shape);
    const extent = shape[axis];
    const at = numbersOf(indices);
    checkIndices(at, extent, `axis ${axis} of ${show(shape)}`);
    const elements = x.elements;
    return [
      {
        dtype,
        shape: indices.shape && [
          ...shape.slice(0, axis),
          ...indices.shape,
          ...shape.slice(axis + 1),
        ],
        elements:
          shape.length === 1 && elements && at
            ? at.map((i) => elements[i < 0 ? i + elements.length : i])
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
  methods: {
    gatherElements: (g: NodeWriter, x: Value, indices: Value, attributes: Axis = {}) =>
      g.op("GatherElements", [x, indices], attributes),
  },
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "index"],
  attributes: { axis: "int" },
  infer: (node) => {
    const [x, indices] = node.inputs;
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
  methods: {
    gatherND: (g: NodeWriter, x: Value, indices: Value, attributes: { batch_dims?: number } = {}) =>
      g.op("GatherND", [x, indices], attributes),
  },
  since: 11,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { batch_dims: "int" },
  // Others end the process.
  bounds: { batch_dims: { least: 0 } },
  infer: (node) => {
    const [x, indices] = node.inputs;
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

export const gathers = [gather, gatherElements, gatherND] as const;
