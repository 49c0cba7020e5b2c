import { tensor } from "@cajal/core";
import { axesOf, isStatic, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { exceptAlong, statedAxes } from "./shared/examples";
import { like, numbers, optionalNumbers, type Numbers, type Operand } from "./shared/arguments";
import { int64s, listOf } from "./shared/lists";

export const pad = defineOperator({
  op: "Pad",
  methods: {
    /** `pads`: all begins, then all ends, of `axes` (default: all). */
    pad: (
      g: NodeWriter,
      x: Value,
      {
        pads,
        mode,
        value,
        axes,
      }: {
        pads: Numbers;
        mode?: "constant" | "reflect" | "edge";
        value?: Operand;
        axes?: Numbers;
      },
    ) => g.op("Pad", [x, numbers(g, pads), like(g, x, value), optionalNumbers(g, axes)], { mode }),
  },
  settings: [2],
  examples: exceptAlong((node) => {
    const pads = listOf(node, 1, "pads") ?? node.ints("paddings");
    const axes = statedAxes(node, 3);
    return axes?.filter((_, i) => pads?.[i] !== 0 || pads[i + axes.length] !== 0);
  }),
  inputs: [1, 4],
  outputs: [1, 1],
  types: ["any", "int64", "any", "index"],
  attributes: { mode: "string", pads: "ints", paddings: "ints", value: "float" },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    if (!shape) return [{ dtype, shape: undefined }];
    const mode = node.string("mode", "constant");
    if (!["constant", "reflect", "edge", "wrap"].includes(mode))
      throw badShape(`mode ${JSON.stringify(mode)}: expected constant, reflect, edge or wrap.`);
    const pads = listOf(node, 1, "pads") ?? node.ints("paddings");
    const statedAxes = node.inputs[3] ? listOf(node, 3, "axes") : shape.map((_, i) => i);
    if (!pads || !isStatic(statedAxes)) return [{ dtype, shape: shape.map(() => undefined) }];
    const axes = axesOf(statedAxes, shape.length, shape);
    if (pads.length !== 2 * axes.length)
      throw badShape(
        `pads ${show(pads)}: expected ${2 * axes.length} numbers (all begins, then all ends) for ${show(shape)}.`,
      );
    const result = [...shape];
    axes.forEach((axis, i) => {
      const [begin, end] = [pads[i], pads[i + axes.length]];
      const extent = shape[axis];
      if (begin === 0 && end === 0) return;
      result[axis] =
        typeof extent === "number" && typeof begin === "number" && typeof end === "number"
          ? extent + begin + end
          : undefined;
      // As many as there are beside the edge, once what is cut off is gone.
      if (
        mode === "reflect" &&
        typeof extent === "number" &&
        typeof begin === "number" &&
        typeof end === "number"
      ) {
        const maxPad = Math.max(0, extent + Math.min(0, begin) + Math.min(0, end) - 1);
        if (begin > maxPad || end > maxPad)
          throw badShape(
            `pads ${show(pads)} reflect at most ${maxPad} of axis ${axis} of ${show(shape)}.`,
          );
      }
      if (typeof result[axis] === "number" && result[axis] < 0)
        throw badShape(
          `pads ${show(pads)} leave less than nothing of axis ${axis} of ${show(shape)}.`,
        );
    });
    return [{ dtype, shape: result }];
  },
  samples: [
    { inputs: [[2, 3], int64s(0, 1, 2, 0)] },
    { inputs: [[2, 3], int64s(1, 1), tensor("float32", [], [7]), int64s(1)] },
    { inputs: [[4, 3], int64s(1, 0, 2, 0)], attributes: { mode: "reflect" } },
    { inputs: [[4, 3], int64s(1, 0, 2, 0)], attributes: { mode: "edge" } },
    { inputs: [[4, 3], int64s(-1, 0, -1, 0)] },
  ],
});
