import { tensor } from "@cajal/core";
import { alongAxis, checkEntries, type SparseMatrix } from "./shared/alongAxis";
import { constantNumbers } from "./shared/constantNumbers";
import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

const pads = (...values: number[]) => tensor("int64", [values.length], values);

export const pad = defineGradient({
  op: "Pad",
  // Constant padding is cut off again; mirrored and repeated edges are summed back onto their source.
  gradient: ([dy], context, g) => {
    const x = context.inputs[0];
    const extents = staticShape(x, "of Pad");
    const values = constantNumbers(context, 1, "pads")!;
    const axes = constantNumbers(context, 3, "axes") ?? extents.map((_, i) => i);
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
          dy,
        ),
      ];
    // Padding the other way round: what was added is cut off, what was cut off is zero.
    const negatedPads = Array<number>(2 * extents.length).fill(0);
    for (const { axis, before, after } of sides) {
      negatedPads[axis] = -before;
      negatedPads[extents.length + axis] = -after;
    }
    const value = context.inputs[2];
    const fillGradient = () => {
      const insideZeros = g.expand(g.scalar(dy.dtype, 0), extents);
      const outsideMask = g.pad(insideZeros, { pads: negatedPads.map((pad) => 0 - pad), value: 1 });
      return g.reshape(
        g.reduceSum(g.mul(dy, outsideMask), { keepdims: false }),
        value!.shape as [],
      );
    };
    return [
      context.wants(0) ? g.pad(dy, { pads: negatedPads }) : undefined,
      undefined,
      value && context.wants(2) ? fillGradient() : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 3], pads(0, 1, 2, 0)] },
    { inputs: [[1, 2, 4, 4], pads(0, 0, 1, 1, 0, 0, 1, 2)] },
    { inputs: [[4, 5], pads(0, -1, 0, 2)] },
    { inputs: [[4, 5], pads(-1, 1, -2, -1)] },
    { inputs: [[4, 5], pads(2, 1, 1, 3)], attributes: { mode: "reflect" } },
    { inputs: [[2, 4, 5], pads(0, 2, 1, 0, 1, 3)], attributes: { mode: "edge" } },
    { inputs: [[4, 5], pads(1, 2, 1, 2)], attributes: { mode: "wrap" } },
    // What is left alone is repeated.
    { inputs: [[4, 5], pads(-1, 2, 2, -2)], attributes: { mode: "wrap" } },
    { inputs: [[2, 3], pads(0, 1, 2, -1), []] },
    { inputs: [[2, 3], pads(1, 2), tensor("float64", [], [0.5]), pads(-1)] },
    { inputs: [[2, 80], pads(0, 3, 0, 4)], attributes: { mode: "reflect" } },
    // One element is shown 65 times: its gradient is added up element by element.
    { inputs: [[2, 80], pads(0, 64, 0, 0)], attributes: { mode: "edge" } },
  ],
});

/**
 * Which element of x each padded element shows, as the transposed map: m[x, y] = 1. What pads below 0 cut off is gone
 * before the others mirror or repeat what is left.
 */
function sources(mode: string, extent: number, before: number, after: number): SparseMatrix {
  const length = before + extent + after;
  checkEntries(length);
  const first = Math.max(0, -before);
  const count = extent - first - Math.max(0, -after);
  const place = (i: number): number => {
    if (mode === "edge") return Math.max(0, Math.min(count - 1, i));
    if (mode === "wrap") return ((i % count) + count) % count;
    if (count === 1) return 0;
    const period = 2 * (count - 1);
    const folded = ((i % period) + period) % period;
    return folded >= count ? period - folded : folded;
  };
  const sourceOf = (y: number): number => first + place(y - Math.max(0, before));
  const entries = Array.from({ length }, (_, y) => [sourceOf(y), y, 1] as const);
  return { rows: extent, columns: length, entries };
}
