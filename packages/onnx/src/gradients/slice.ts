import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, type GradientContext } from "./gradient";
import { constantNumbers } from "./shared/constantNumbers";
import { staticShape } from "./shared/sumTo";

const at = (...values: number[]) => tensor("int64", [values.length], values);

export const slice = defineGradient({
  op: "Slice",
  // dy goes back to where it was cut out: steps are spread with zeros between, the rest is padding.
  gradient: ([dy], context, g) => {
    const extents = staticShape(context.inputs[0], "of Slice");
    const rank = extents.length;
    const padsBefore = extents.map(() => 0);
    const padsAfter = extents.map(() => 0);
    let dx = dy;
    for (const { axis, start, step, length } of cuts(context, extents)) {
      if (length === 0) {
        padsAfter[axis] = extents[axis]!;
        continue;
      }
      const last = start + (length - 1) * step;
      if (step < 0) dx = reverse(g, dx, axis);
      if (Math.abs(step) > 1 && length > 1) dx = dilate(g, dx, axis, Math.abs(step));
      padsBefore[axis] = Math.min(start, last);
      padsAfter[axis] = extents[axis]! - 1 - Math.max(start, last);
    }
    const pads = [...padsBefore, ...padsAfter];
    return [rank > 0 && pads.some((pad) => pad > 0) ? g.pad(dx, { pads }) : dx];
  },
  samples: [
    { inputs: [[5, 4], at(1), at(3), at(0)] },
    { inputs: [[5, 4], at(1, 0), at(1000, -1)] },
    { inputs: [[7, 4], at(1), at(7), at(0), at(2)] },
    { inputs: [[7, 9], at(-1, 8), at(-8, 0), at(0, 1), at(-1, -3)] },
    { inputs: [[2, 3, 4], at(-2), at(4), at(-1)] },
    // A step beyond the end takes one element.
    { inputs: [[3, 4], at(1), at(3), at(0), at(2 ** 40)] },
  ],
});

/** The cuts as numbers, clamped as ONNX clamps them. */
function cuts(context: GradientContext, extents: readonly number[]) {
  const starts = constantNumbers(context, 1, "starts")!;
  const ends = constantNumbers(context, 2, "ends")!;
  const axes = constantNumbers(context, 3, "axes") ?? starts.map((_, i) => i);
  const steps = constantNumbers(context, 4, "steps") ?? starts.map(() => 1);
  return axes.map((signedAxis, i) => {
    const axis = signedAxis < 0 ? signedAxis + extents.length : signedAxis;
    const extent = extents[axis]!;
    const step = steps[i]!;
    const from = (value: number) => (value < 0 ? value + extent : value);
    const clamp = (value: number, low: number, high: number) =>
      Math.max(low, Math.min(high, value));
    const start = clamp(from(starts[i]!), 0, step > 0 ? extent : extent - 1);
    const end = clamp(from(ends[i]!), step > 0 ? 0 : -1, extent);
    return { axis, start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

function reverse(g: GraphBuilder, x: Value, axis: number): Value {
  return g.slice(x, { starts: [-1], ends: [-(2 ** 31)], axes: [axis], steps: [-1] });
}

/** Puts step − 1 zeros between neighbours along an axis: n becomes (n − 1) · step + 1. */
function dilate(g: GraphBuilder, x: Value, axis: number, step: number): Value {
  const shape = staticShape(x, "of Slice");
  // [.., n, ..] → [.., n, 1, ..] → [.., n, step, ..] → [.., n · step, ..]
  const pads = Array<number>(2 * (shape.length + 1)).fill(0);
  pads[shape.length + 1 + axis + 1] = step - 1;
  const padded = g.pad(g.unsqueeze(x, [axis + 1]), { pads });
  const dilatedShape = shape.map((extent, i) => (i === axis ? extent * step : extent));
  const end = (shape[axis]! - 1) * step + 1;
  return g.slice(g.reshape(padded, dilatedShape), { starts: [0], ends: [end], axes: [axis] });
}
