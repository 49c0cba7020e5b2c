import { tensor } from "@cajal/core";
import { axesOf, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { numbers, type Numbers } from "./shared/arguments";

export const centerCropPad = defineOperator({
  op: "CenterCropPad",
  methods: {
    /** Cut or padded evenly on both sides to `shape`, of `axes` (default: all). */
    centerCropPad: (
      g: NodeWriter,
      x: Value,
      shape: Numbers,
      attributes: { axes?: readonly number[] } = {},
    ) => g.op("CenterCropPad", [x, numbers(g, shape)], attributes),
  },
  since: 18,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "index"],
  attributes: { axes: "ints" },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    const size = node.inputs[1];
    if (!shape) return [{ dtype, shape }];
    const axes = axesOf(node.ints("axes") ?? shape.map((_, i) => i), shape.length, shape);
    const count = size.shape?.[0];
    if (typeof count === "number" && count !== axes.length)
      throw badShape(`a shape of ${count} numbers for ${axes.length} axes of ${show(shape)}.`);
    return [
      {
        dtype,
        shape: shape.map((extent, i) =>
          axes.includes(i) ? size.elements?.[axes.indexOf(i)] : extent,
        ),
      },
    ];
  },
  samples: [
    { inputs: [[6, 4, 3], tensor("int64", [3], [3, 7, 3])] },
    { inputs: [[6, 4, 3], tensor("int64", [2], [8, 1])], attributes: { axes: [0, -1] } },
  ],
});
