import { dtypeOf, type ElementType } from "../model/elementType";
import type { NodeWriter, Value } from "./method";
import { defineOperator } from "./operator";
import { typeNumber } from "./shared/arguments";

export const eyeLike = defineOperator({
  op: "EyeLike",
  methods: {
    eyeLike: (g: NodeWriter, x: Value, { dtype, k }: { dtype?: ElementType; k?: number } = {}) =>
      g.op("EyeLike", [x], { dtype: typeNumber(dtype), k }),
  },
  steps: true,
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: { dtype: "int", k: "int" },
  infer: (node) => {
    const x = node.inputs[0];
    const type = node.attribute("dtype");
    return [{ dtype: type ? dtypeOf(node.int("dtype", 0)) : x.dtype, shape: x.shape }];
  },
  samples: [{ inputs: [[3, 4]] }, { inputs: [[3, 4]], attributes: { dtype: 7, k: 1 } }],
});
