import { CajalError, tensor } from "@cajal/core";
import { alongAxis, matrix, type Matrix } from "./shared/alongAxis";
import { defineGradient } from "./gradient";
import { knownShape } from "./shared/sumTo";

const pads = (...values: number[]) => tensor("int64", [values.length], values);

export const pad = defineGradient({
  op: "Pad",
  // Constant padding is cut off again; mirrored and repeated edges are summed back onto their source.
  gradient: ([dy], context, g) => {
    const x = context.inputs[0]!;
    const extents = knownShape(x, "of Pad");
    const given = context.constant(1);
    if (!given)
      throw new CajalError(
        "unsupported",
        `node "${context.node.name}" (Pad): its pads are computed at run time; the gradient needs them as constants.`,
        { node: context.node.name, op: "Pad" },
      );
    const values = Array.from(given.data as BigInt64Array, Number);
    const listed = context.constant(3);
    const axes = listed
      ? Array.from(listed.data as BigInt64Array, Number)
      : extents.map((_, i) => i);
    const sides = axes.map((axis, i) => ({
      axis: axis < 0 ? axis + extents.length : axis,
      before: values[i]!,
      after: values[i + axes.length]!,
    }));
    const mode = context.string("mode", "constant");
    if (mode !== "constant")
      return [
        sides.reduce(
          (dx, { axis, before, after }) =>
            before === 0 && after === 0
              ? dx
              : alongAxis(g, dx, axis, sources(mode, extents[axis]!, before, after)),
          dy!,
        ),
      ];
    // Padding the other way round: what was added is cut off, what was cut off is zero.
    const opposite = Array<number>(2 * extents.length).fill(0);
    for (const { axis, before, after } of sides) {
      opposite[axis] = -before;
      opposite[extents.length + axis] = -after;
    }
    return [g.pad(dy!, { pads: opposite })];
  },
  samples: [
    { inputs: [[2, 3], pads(0, 1, 2, 0)] },
    { inputs: [[1, 2, 4, 4], pads(0, 0, 1, 1, 0, 0, 1, 2)] },
    { inputs: [[4, 5], pads(0, -1, 0, 2)] },
    { inputs: [[4, 5], pads(-1, 1, -2, -1)] },
    { inputs: [[4, 5], pads(2, 1, 1, 3)], attributes: { mode: "reflect" } },
    { inputs: [[2, 4, 5], pads(0, 2, 1, 0, 1, 3)], attributes: { mode: "edge" } },
  ],
});

/** Which element of x each padded element shows: m[x, y] = 1. */
function sources(mode: string, extent: number, before: number, after: number): Matrix {
  const length = before + extent + after;
  const m = matrix(extent, length);
  for (let y = 0; y < length; y++) {
    let x = y - before;
    if (mode === "edge") x = Math.max(0, Math.min(extent - 1, x));
    else if (mode === "wrap") x = ((x % extent) + extent) % extent;
    else if (extent === 1) x = 0;
    else {
      const period = 2 * (extent - 1);
      x = ((x % period) + period) % period;
      if (x >= extent) x = period - x;
    }
    m.values[x * length + y] = 1;
  }
  return m;
}
