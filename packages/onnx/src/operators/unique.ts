import { tensor } from "@cajal/core";
import { axisOf } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { defineOperator } from "./operator";
import type { Axis, Flag } from "./shared/arguments";

export const unique = defineOperator({
  op: "Unique",
  methods: {
    /** The distinct elements of x, or slices along an axis. */
    unique: (g: NodeWriter, x: Value, attributes: Axis & { sorted?: Flag } = {}) =>
      g.op("Unique", [x], attributes),
  },
  since: 11,
  inputs: [1, 1],
  outputs: [1, 4],
  types: ["any"],
  attributes: { axis: "int", sorted: "int" },
  infer: (node) => {
    // [y, where each was first, where each element of x is in y, how often each was]
    const { dtype, shape } = node.inputs[0];
    const attribute = node.attribute("axis");
    const axis =
      attribute?.type === "int" && shape ? axisOf(attribute.value, shape.length, shape) : undefined;
    const shapeAlongAxis = attribute?.type === "int" ? shape?.map((n, i) => (i === axis ? undefined : n)) : [undefined]; // prettier-ignore
    const indices = { dtype: "int64", shape: [undefined] } as const;
    return [{ dtype, shape: shapeAlongAxis }, indices, indices, indices];
  },
  samples: [
    { inputs: [tensor("float32", [2, 3], [1, 2, 1, 3, 2, 2])], outputs: 4 },
    { inputs: [tensor("int64", [3, 2], [1, 2, 3, 4, 1, 2])], attributes: { axis: 0, sorted: 0 } },
  ],
});
