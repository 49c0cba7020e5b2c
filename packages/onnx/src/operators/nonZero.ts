import { numbersOf } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { defineOperator } from "./operator";
import { int64s } from "./shared/lists";

export const nonZero = defineOperator({
  op: "NonZero",
  methods: {
    nonZero: (g: NodeWriter, x: Value) => g.op("NonZero", [x]),
  },
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: {},
  infer: ({ inputs: [x] }) => {
    // [rank, count]; a scalar counts as [1] in ONNX Runtime
    const rank = x.shape && Math.max(1, x.shape.length);
    const elements = numbersOf(x);
    if (rank !== 1 || !elements) return [{ dtype: "int64", shape: [rank, undefined] }];
    const indices = elements.flatMap((element, i) => (element === 0 ? [] : [i]));
    return [{ dtype: "int64", shape: [1, indices.length], elements: indices }];
  },
  samples: [{ inputs: [[2, 3]] }, { inputs: [int64s(0, 4, 0, 1)] }],
});
