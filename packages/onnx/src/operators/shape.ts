// Operators that tell a shape.
import { multiply } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { defineOperator } from "./operator";

export const shape = defineOperator({
  op: "Shape",
  methods: {
    shape: (g: NodeWriter, x: Value, attributes: { start?: number; end?: number } = {}) =>
      g.op("Shape", [x], attributes),
  },
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: { end: "int", start: "int" },
  infer: (node) => {
    const { shape } = node.inputs[0];
    if (!shape) return [{ dtype: "int64", shape: [undefined] }];
    const part = shape.slice(node.int("start", 0), node.int("end", shape.length));
    return [{ dtype: "int64", shape: [part.length], elements: part }];
  },
  samples: [
    { inputs: [[2, 3, 4]] },
    { inputs: [[2, 3, 4]], attributes: { start: 1, end: -1 } },
    { inputs: [[]] },
  ],
});

export const size = defineOperator({
  op: "Size",
  methods: {
    size: (g: NodeWriter, x: Value) => g.op("Size", [x]),
  },
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: {},
  infer: ({ inputs: [x] }) => {
    const size = x.shape && multiply(x.shape);
    return [{ dtype: "int64", shape: [], elements: [size] }];
  },
  samples: [{ inputs: [[2, 3]] }],
});
