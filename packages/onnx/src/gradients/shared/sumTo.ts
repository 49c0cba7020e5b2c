// Broadcasting backwards: what was repeated along an axis on the way forward is summed on the way
// back.
import { CajalError, showShape } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Exactly } from "../../model/atLeast";
import { isStatic } from "../../model/dims";
import type { Dim } from "../../model/model";

/** Sums `dy` down to the shape of `x`, which had been broadcast to it. */
export function sumTo(g: GraphBuilder, dy: Value, x: Value): Value {
  const from = dy.shape;
  const to = x.shape;
  if (!from || !to) return sumToAtRunTime(g, dy, x);
  const addedAxes = from.length - to.length;
  const axes: number[] = [];
  for (const [i, extent] of from.entries()) {
    if (i < addedAxes) continue;
    const targetExtent = to[i - addedAxes];
    if (targetExtent === 1) {
      if (extent !== 1) axes.push(i);
    } else if (targetExtent !== extent || extent === undefined) return sumToAtRunTime(g, dy, x);
  }
  const summed = axes.length > 0 ? g.reduceSum(dy, { axes, keepdims: true }) : dy;
  return addedAxes > 0
    ? g.reduceSum(summed, { axes: Array.from({ length: addedAxes }, (_, i) => i), keepdims: false })
    : summed;
}

/** Which axes were broadcast shows only when the graph runs: where the shapes differ. */
function sumToAtRunTime(g: GraphBuilder, dy: Value, x: Value): Value {
  const [from, to] = [g.shape(dy), g.shape(x)];
  const missing = g.sub(g.shape(from), g.shape(to));
  const paddedShape = g.concat([g.expand(g.int64s([1]), missing), to], { axis: 0 });
  const axes = g.reshape(g.nonZero(g.not(g.equal(paddedShape, from))), [-1]);
  const summed = g.reduceSum(dy, { axes, keepdims: true, noop_with_empty_axes: true });
  return g.reshape(summed, to, { allowzero: 1 });
}

/** Reshapes `dy` to the shape of `x`, both having the same elements. */
export function reshapeLike(g: GraphBuilder, dy: Value, x: Value): Value {
  const shape = x.shape && inferable(x.shape);
  // An extent of 0 is meant as such: without `allowzero` it stands for that of dy.
  const isPlain = shape && !shape.includes(0);
  return g.reshape(dy, shape ?? g.shape(x), isPlain ? {} : { allowzero: 1 });
}

/** The shape as Reshape takes it, if at most one extent is free. */
export function inferable(shape: readonly Dim[]): number[] | undefined {
  const freeAxes = shape.filter((extent) => typeof extent !== "number").length;
  // −1 cannot be told apart from anything where another extent is 0.
  if (freeAxes > 1 || (freeAxes === 1 && shape.includes(0))) return undefined;
  return shape.map((extent) => (typeof extent === "number" ? extent : -1));
}

/** Rank of a value. @throws CajalError `unsupported` where it is not known */
export function rankOf({ name, shape }: Value): number {
  if (shape) return shape.length;
  throw new CajalError(
    "unsupported",
    `the gradient needs to know how many axes "${name}" has. Give the graph's inputs fixed shapes first: { shapes: { input: [8, 3, 224, 224] } }.`,
    { value: name },
  );
}

/**
 * Extents of a value as numbers.
 *
 * @param rank how many axes it has at least; default: any
 * @throws CajalError `unsupported` where an extent is not known, or there are fewer axes
 */
export function staticShape<N extends number = 0>(
  value: Value,
  why: string,
  rank?: N,
): [...Exactly<N, number>, ...number[]] {
  const { shape } = value;
  if (shape && isStatic(shape) && hasRank(shape, rank)) return [...shape];
  throw new CajalError(
    "unsupported",
    `the gradient ${why} needs the shape of "${value.name}", which is ${shape ? showShape(shape) : "unknown"}. Give the graph's inputs fixed shapes first: { shapes: { input: [8, 3, 224, 224] } }.`,
    { value: value.name, shape },
  );
}

const hasRank = <N extends number>(
  shape: readonly number[],
  rank: N | undefined,
): shape is readonly [...Exactly<N, number>, ...number[]] => shape.length >= (rank ?? 0);
