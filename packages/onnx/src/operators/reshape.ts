// Operators that keep the elements in their order and give them another shape.
import { sizeOf, tensor } from "@cajal/core";
import { axesOf, axisOf, divide, isStatic, multiply, show } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, flag } from "./operator";
import { inOrder } from "./shared/examples";
import { numbers, optionalNumbers, type Axis, type Flag, type Numbers } from "./shared/arguments";
import { int64s, listOf } from "./shared/lists";

const reshape = defineOperator({
  op: "Reshape",
  methods: {
    reshape: (g: NodeWriter, x: Value, shape: Numbers, attributes: { allowzero?: Flag } = {}) =>
      g.op("Reshape", [x, numbers(g, shape)], attributes),
  },
  extents: 1,
  ending: "moves",
  examples: inOrder,
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { allowzero: "int", shape: "ints", consumed_inputs: "ints" },
  bounds: { allowzero: flag },
  infer: (node) => {
    const x = node.inputs[0];
    const target = listOf(node, 1, "shape");
    const { dtype, elements } = x;
    if (!target) return [{ dtype, shape: undefined }];
    const from = x.shape;
    const shape = target.map((extent, i): Dim => {
      if (extent !== 0 || node.int("allowzero", 0) === 1) return extent;
      if (from && i >= from.length)
        throw badShape(`shape ${show(target)} keeps axis ${i}, which ${show(from)} has not.`);
      return from?.[i];
    });
    const inferredAxis = shape.indexOf(-1);
    if (shape.lastIndexOf(-1) !== inferredAxis)
      throw badShape(`shape ${show(target)} leaves more than one extent (-1) free.`);
    if (inferredAxis >= 0) {
      const otherExtents = shape.filter((_, i) => i !== inferredAxis);
      shape[inferredAxis] = from && divide(from, otherExtents);
      if (
        isStatic(from) &&
        isStatic(otherExtents) &&
        (shape[inferredAxis] === undefined || sizeOf(otherExtents) === 0)
      )
        throw badShape(
          `${sizeOf(from)} elements of ${show(from)} do not fit shape ${show(target)}.`,
          { from, to: target },
        );
    } else if (isStatic(from) && isStatic(shape) && sizeOf(from) !== sizeOf(shape))
      throw badShape(
        `${sizeOf(from)} elements of ${show(from)} do not fit the ${sizeOf(shape)} of shape ${show(target)}.`,
        { from, to: target },
      );
    return [{ dtype, shape, elements }];
  },
  samples: [
    { inputs: [[2, 3, 4], int64s(0, -1)] },
    { inputs: [[2, 3, 4], int64s(4, 0, -1)] },
    { inputs: [[2, 0], int64s(0, 2)], attributes: { allowzero: 1 } },
    { inputs: [[1], tensor("int64", [0])] },
  ],
});

const flatten = defineOperator({
  op: "Flatten",
  methods: {
    flatten: (g: NodeWriter, x: Value, attributes: Axis = {}) => g.op("Flatten", [x], attributes),
  },
  ending: "moves",
  examples: inOrder,
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: { axis: "int" },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    if (!shape) return [{ dtype, shape: [undefined, undefined] }];
    const at = node.int("axis", 1);
    // The axis may be the rank: then all goes into the first extent.
    const axis = at === shape.length ? at : axisOf(at, shape.length, shape);
    return [{ dtype, shape: [multiply(shape.slice(0, axis)), multiply(shape.slice(axis))] }];
  },
  samples: [
    { inputs: [[2, 3, 4]] },
    { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
    { inputs: [[2, 3, 4]], attributes: { axis: 3 } },
    { inputs: [[2, 3, 4]], attributes: { axis: -1 } },
  ],
});

const squeeze = defineOperator({
  op: "Squeeze",
  methods: {
    squeeze: (g: NodeWriter, x: Value, axes?: Numbers) =>
      g.op("Squeeze", [x, optionalNumbers(g, axes)]),
  },
  ending: "moves",
  examples: inOrder,
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { axes: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0];
    const statedAxes = listOf(node, 1, "axes");
    if (!shape) return [{ dtype, shape: undefined, elements }];
    if (!statedAxes) {
      if (node.inputs[1] || !isStatic(shape)) return [{ dtype, shape: undefined, elements }];
      return [{ dtype, shape: shape.filter((extent) => extent !== 1), elements }];
    }
    if (!isStatic(statedAxes))
      return [{ dtype, shape: shape.slice(statedAxes.length).map(() => undefined), elements }];
    // The standard takes that for no axis, ONNX Runtime for all.
    if (
      statedAxes.length === 0 &&
      shape.some((extent) => extent === 1 || typeof extent !== "number")
    )
      throw badShape("axes is empty, expected at least one, or no axes at all.");
    const axes = new Set(axesOf(statedAxes, shape.length, shape));
    for (const axis of axes) {
      const extent = shape[axis];
      if (typeof extent === "number" && extent !== 1)
        throw badShape(`axis ${axis} of ${show(shape)} is ${extent}; only axes of 1 are squeezed.`);
    }
    return [{ dtype, shape: shape.filter((_, i) => !axes.has(i)), elements }];
  },
  samples: [
    { inputs: [[1, 3, 1]] },
    { inputs: [[1, 3, 1], int64s(0)] },
    { inputs: [[1, 3, 1], int64s(-1, 0)] },
  ],
});

const unsqueeze = defineOperator({
  op: "Unsqueeze",
  methods: {
    unsqueeze: (g: NodeWriter, x: Value, axes: Numbers) => g.op("Unsqueeze", [x, numbers(g, axes)]),
  },
  ending: "moves",
  examples: inOrder,
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { axes: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0];
    const statedAxes = listOf(node, 1, "axes");
    if (!shape || !statedAxes) return [{ dtype, shape: undefined, elements }];
    const rank = shape.length + statedAxes.length;
    if (!isStatic(statedAxes))
      return [{ dtype, shape: Array<Dim>(rank).fill(undefined), elements }];
    const axes = new Set(axesOf(statedAxes, rank));
    const extents = [...shape];
    return [
      {
        dtype,
        shape: Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : extents.shift())),
        elements,
      },
    ];
  },
  samples: [
    { inputs: [[2, 3], int64s(0)] },
    { inputs: [[2, 3], int64s(-1, 1)] },
    { inputs: [[], int64s(0)] },
  ],
});

export const reshaping = [reshape, flatten, squeeze, unsqueeze] as const;
