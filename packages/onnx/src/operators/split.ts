import { axisOf, isStatic, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { exceptAxis } from "./shared/examples";
import { optionalNumbers, type Axis } from "./shared/arguments";
import { int64s, listOf } from "./shared/lists";

export const split = defineOperator({
  op: "Split",
  methods: {
    /** Into parts of `sizes`, or `num_outputs` equal ones (the last may be smaller). */
    split: (
      g: NodeWriter,
      x: Value,
      { axis, sizes, num_outputs }: Axis & { sizes?: readonly number[]; num_outputs?: number },
    ) =>
      g.ops(
        "Split",
        [x, optionalNumbers(g, sizes)],
        { axis, num_outputs: sizes ? undefined : num_outputs },
        { outputs: sizes?.length ?? num_outputs ?? 1 },
      ),
  },
  inputs: [1, 2],
  outputs: [1, Infinity],
  types: ["any", "int64"],
  examples: exceptAxis(0),
  attributes: { axis: "int", num_outputs: "int", split: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0];
    const parts = node.outputs;
    const outputCount = node.attribute("num_outputs");
    if (outputCount?.type === "int" && outputCount.value !== parts)
      throw badShape(`num_outputs is ${outputCount.value}; the node has ${parts} outputs.`);
    if (outputCount && node.inputs[1]) throw badShape("both split and num_outputs are given.");
    if (!shape) return Array.from({ length: parts }, () => ({ dtype, shape: undefined }));
    const axis = axisOf(node.int("axis", 0), shape.length, shape);
    const extent = shape[axis];
    let sizes = listOf(node, 1, "split");
    if (!sizes) {
      if (typeof extent === "number" && extent < parts && extent > 0)
        throw badShape(`axis ${axis} of ${show(shape)} does not divide into ${parts} parts.`);
      // Equal parts; the last may be smaller (from opset 18).
      const size = typeof extent === "number" ? Math.ceil(extent / parts) : undefined;
      sizes = Array.from({ length: parts }, (_, i) =>
        size === undefined
          ? undefined
          : i < parts - 1
            ? size
            : (extent as number) - size * (parts - 1),
      );
    }
    if (sizes.length !== parts)
      throw badShape(`splits into sizes ${show(sizes)}, but has ${parts} outputs.`);
    if (isStatic(sizes)) {
      const sum = sizes.reduce((a, b) => a + b, 0);
      if (sizes.some((size) => size < 0) || (typeof extent === "number" && sum !== extent))
        throw badShape(`sizes ${show(sizes)} do not fill axis ${axis} of ${show(shape)}.`);
    }
    let start = 0;
    return sizes.map((size) => {
      const end = typeof size === "number" ? start + size : NaN;
      const partSizes =
        shape.length === 1 && elements && end >= 0 ? elements.slice(start, end) : undefined;
      start = end;
      return {
        dtype,
        shape: shape.map((dim, i) => (i === axis ? size : dim)),
        elements: partSizes,
      };
    });
  },
  samples: [
    { inputs: [[2, 6]], attributes: { axis: 1, num_outputs: 3 }, outputs: 3 },
    { inputs: [[5, 2]], attributes: { num_outputs: 2 }, outputs: 2 },
    { inputs: [[2, 6], int64s(1, 5)], attributes: { axis: -1 }, outputs: 2 },
  ],
});
