// What the gradients of all reductions share: which axes were reduced, and how a result's gradient
// is broadcast to the input.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";
import { constantNumbers } from "./constantNumbers";
import { rankOf } from "./sumTo";

export interface Reduction {
  /** The reduced axes, counted from the front. */
  readonly axes: readonly number[];
  /** A result (or its gradient) with the reduced axes kept as 1, so that it broadcasts to x. */
  keepAxes(value: Value): Value;
  /** The sum over the reduced axes, which are kept as 1. */
  sum(value: Value): Value;
  /** A gradient broadcast to x. */
  expand(dy: Value): Value;
  /** How many elements went into one result: a number, or a scalar of x's type. */
  count(): number | Value;
}

export function reductionOf(context: GradientContext, g: GraphBuilder): Reduction {
  const x = context.inputs[0]!;
  const rank = rankOf(x);
  const statedAxes = context.inputs[1] ? constantNumbers(context, 1, "axes") : context.ints("axes");
  // No axes at all mean every axis, or none where the operator says so.
  const reducesAll =
    context.int("noop_with_empty_axes", 0) === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  const axes = (statedAxes && statedAxes.length > 0 ? statedAxes : reducesAll).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
  const keepsAxes = context.int("keepdims", 1) === 1;
  const keepAxes = (value: Value) =>
    keepsAxes || axes.length === 0 ? value : g.unsqueeze(value, axes);
  return {
    axes,
    keepAxes,
    // Of no axes ReduceSum would take all.
    sum: (value) => (axes.length === 0 ? value : g.reduceSum(value, { axes, keepdims: true })),
    expand: (dy) => g.expand(keepAxes(dy), g.shape(x)),
    count: () => {
      const shape = x.shape!;
      const reducedExtents = axes.map((axis) => shape[axis]);
      return reducedExtents.every((extent): extent is number => typeof extent === "number")
        ? reducedExtents.reduce((product, extent) => product * extent, 1)
        : g.cast(
            g.reduceProd(g.gather(g.shape(x), g.int64s(axes), { axis: 0 }), { keepdims: false }),
            x.dtype,
          );
    },
  };
}

/** The samples that every reduction is checked with. */
export const reductionSamples = (options: { range?: readonly [number, number] } = {}) => {
  const axes = (...values: number[]) => ({
    dtype: "int64" as const,
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  return [
    { inputs: [[2, 3, 4], axes(1)], ...options },
    { inputs: [[2, 3, 4], axes(0, -1)], attributes: { keepdims: 0 }, ...options },
    { inputs: [[2, 3, 4]], attributes: { keepdims: 0 }, ...options },
    { inputs: [[2, 3, 4]], ...options },
    { inputs: [[5], axes(0)], ...options },
    { inputs: [[2, 3]], attributes: { noop_with_empty_axes: 1 }, ...options },
  ];
};
