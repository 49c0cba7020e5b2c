import { axesOf, isStatic, rearrangeElements, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { exceptAlong, statedAxes } from "./shared/examples";
import { numbers, optionalNumbers, type Numbers } from "./shared/arguments";
import { int64s, listOf } from "./shared/lists";

export const slice = defineOperator({
  op: "Slice",
  methods: {
    slice: (
      g: NodeWriter,
      x: Value,
      {
        starts,
        ends,
        axes,
        steps,
      }: { starts: Numbers; ends: Numbers; axes?: Numbers; steps?: Numbers },
    ) =>
      g.op("Slice", [
        x,
        numbers(g, starts),
        numbers(g, ends),
        optionalNumbers(g, axes),
        optionalNumbers(g, steps),
      ]),
  },
  inputs: [1, 5],
  outputs: [1, 1],
  types: ["any", "index", "index", "index", "index"],
  examples: exceptAlong((node) => {
    const starts = listOf(node, 1, "starts");
    return node.inputs[3] || node.ints("axes") ? statedAxes(node, 3) : starts?.map((_, i) => i);
  }),
  attributes: { axes: "ints", ends: "ints", starts: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0];
    const starts = listOf(node, 1, "starts");
    const ends = listOf(node, 2, "ends");
    if (!shape) return [{ dtype, shape: undefined }];
    const count = starts?.length ?? ends?.length;
    const statedAxes = node.inputs[3] || node.ints("axes") ? listOf(node, 3, "axes") : undefined;
    const unknownAxes = node.inputs[3] !== undefined && !isStatic(statedAxes);
    if (count === undefined || unknownAxes) return [{ dtype, shape: shape.map(() => undefined) }];
    const axes = axesOf(
      isStatic(statedAxes) ? statedAxes : Array.from({ length: count }, (_, i) => i),
      shape.length,
      shape,
    );
    const steps = node.inputs[4] ? listOf(node, 4, "steps") : axes.map(() => 1);
    for (const [name, each] of [
      ["starts", starts],
      ["ends", ends],
      ["steps", steps],
    ] as const)
      // prettier-ignore
      if (each && each.length !== axes.length)
        throw badShape(`${name} ${show(each)}: expected ${axes.length} numbers, one for each axis.`);
    const result = [...shape];
    /** Where each axis begins and by which step it goes on. */
    const ranges: ({ from: number; step: number } | undefined)[] = shape.map(() => ({
      from: 0,
      step: 1,
    }));
    axes.forEach((axis, i) => {
      const extent = shape[axis];
      const [start, end, step] = [starts?.[i], ends?.[i], steps?.[i]];
      if (step === 0) throw badShape("a step of 0.");
      ranges[axis] = undefined;
      if (typeof extent !== "number") {
        // All of a free axis stays what it is: to its own extent, as Shape tells it, or "to the end".
        const isToEnd = end === extent || (typeof end === "number" && end >= 2 ** 31 - 1);
        result[axis] = start === 0 && step === 1 && isToEnd ? extent : undefined;
        return;
      }
      result[axis] = undefined;
      if (typeof start !== "number" || typeof end !== "number" || typeof step !== "number") return;
      const last = step > 0 ? extent : extent - 1;
      const from = clamp(start < 0 ? start + extent : start, 0, last);
      const to = clamp(end < 0 ? end + extent : end, step > 0 ? 0 : -1, last);
      result[axis] = Math.max(0, Math.ceil((to - from) / step));
      ranges[axis] = { from, step };
    });
    const values = rearrangeElements(
      ranges.every((range) => range) ? elements : undefined,
      shape,
      result,
      (index) => index.map((at, axis) => ranges[axis]!.from + at * ranges[axis]!.step),
    );
    return [{ dtype, shape: result, elements: values }];
  },
  samples: [
    { inputs: [[4, 5], int64s(1, 0), int64s(3, 5), int64s(0, 1), int64s(1, 2)] },
    { inputs: [[4, 5], int64s(-1), int64s(-100), int64s(1), int64s(-2)] },
    { inputs: [[4, 5], int64s(1), int64s(2 ** 52)] },
    { inputs: [[4, 5], int64s(3), int64s(1), int64s(0)] },
  ],
});

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
