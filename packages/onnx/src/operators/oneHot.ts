import { tensor } from "@cajal/core";
import { axisOf, show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { scalarOr, type Axis } from "./shared/arguments";

export const oneHot = defineOperator({
  op: "OneHot",
  methods: {
    /** `values` are [off, on]. */
    oneHot: (
      g: NodeWriter,
      indices: Value,
      depth: Value | number,
      values: Value,
      attributes: Axis = {},
    ) => g.op("OneHot", [indices, scalarOr(g, "int64", depth), values], attributes),
  },
  since: 9,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["number", "number:depth", "any"],
  examples: (node) => {
    const [axis, depth, values] = node.axes;
    if (axis === undefined || depth !== undefined || values !== undefined) return undefined;
    return axis < axisOf(node.int("axis", -1), node.results[0]!.length) ? axis : axis + 1;
  },
  attributes: { axis: "int" },
  infer: (node) => {
    // values are [off, on]
    const [indices, depth, values] = node.inputs;
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
