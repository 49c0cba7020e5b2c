// Broadcasting backwards: what was repeated along an axis on the way forward is summed on the way
// back.
import { CajalError, showShape } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Dim } from "../../model/model";

/**
 * Sums `dy` down to the shape of `x`, which had been broadcast to it.
 *
 * @throws CajalError `unsupported` where it cannot be told which axes were broadcast
 */
export function sumTo(g: GraphBuilder, dy: Value, x: Value): Value {
  const from = dy.shape;
  const to = x.shape;
  if (!from || !to) throw unknownAxes(dy, x);
  const lead = from.length - to.length;
  const axes: number[] = [];
  from.forEach((extent, i) => {
    if (i < lead) return;
    const wanted = to[i - lead];
    if (wanted === 1) {
      if (extent !== 1) axes.push(i);
    } else if (wanted !== extent || extent === undefined) throw unknownAxes(dy, x);
  });
  const summed = axes.length > 0 ? g.reduceSum(dy, { axes, keepdims: true }) : dy;
  return lead > 0
    ? g.reduceSum(summed, { axes: Array.from({ length: lead }, (_, i) => i), keepdims: false })
    : summed;
}

/** Reshapes `dy` to the shape of `x`, both having the same elements. */
export function reshapeLike(g: GraphBuilder, dy: Value, x: Value): Value {
  const shape = x.shape && inferable(x.shape);
  return g.reshape(dy, shape ?? g.shape(x));
}

/** The shape as Reshape takes it, if at most one extent is free. */
export function inferable(shape: readonly Dim[]): number[] | undefined {
  const free = shape.filter((extent) => typeof extent !== "number").length;
  // −1 cannot be told apart from anything where another extent is 0.
  if (free > 1 || (free === 1 && shape.includes(0))) return undefined;
  return shape.map((extent) => (typeof extent === "number" ? extent : -1));
}

/** Extents of a value as numbers. @throws CajalError `unsupported` where one is not known */
export function knownShape(value: Value, why: string): number[] {
  const { shape } = value;
  if (shape?.every((extent): extent is number => typeof extent === "number")) return [...shape];
  throw new CajalError(
    "unsupported",
    `the gradient ${why} needs the shape of "${value.name}", which is ${shape ? showShape(shape) : "unknown"}. Give the graph's inputs fixed shapes first: { shapes: { input: [8, 3, 224, 224] } }.`,
    { value: value.name, shape },
  );
}

const unknownAxes = (dy: Value, x: Value) =>
  new CajalError(
    "unsupported",
    `cannot tell along which axes "${x.name}" ${x.shape ? showShape(x.shape) : "of unknown rank"} was broadcast to ${dy.shape ? showShape(dy.shape) : "a value of unknown rank"}. Give the graph's inputs fixed shapes first: { shapes: { input: [8, 3, 224, 224] } }.`,
    { value: x.name, from: dy.shape, to: x.shape },
  );
