import { tensor } from "@cajal/core";
import { axisOf, multiply, numbersOf } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { defineOperator } from "./operator";
import type { Axis } from "./shared/arguments";

export const compress = defineOperator({
  op: "Compress",
  methods: {
    compress: (g: NodeWriter, x: Value, condition: Value, attributes: Axis = {}) =>
      g.op("Compress", [x, condition], attributes),
  },
  since: 9,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "bool"],
  attributes: { axis: "int" },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    const attribute = node.attribute("axis");
    const axis =
      attribute?.type === "int" && shape ? axisOf(attribute.value, shape.length, shape) : undefined;
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
});
