// How values lie in a graph, channels first or last, and how one layout becomes another.
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import type { Layout } from "../definition/layer";
import { flatten, reshapeTo } from "./reshaping";

/** Whether two layouts are the same. */
export const areSameLayout = (a: Layout, b: Layout): boolean =>
  a === b ||
  (typeof a === "object" && typeof b === "object" && a.flattened.join() === b.flattened.join());

/** The order of axes that turns channels last into channels first. */
export const toFirst = (rank: number): number[] => [0, rank - 1, ...count(1, rank - 1)];

/** The order of axes that turns channels first into channels last. */
export const toLast = (rank: number): number[] => [0, ...count(2, rank), 1];

/** An axis of Keras' order, negative ones counted from the end, where the value lies in `layout`. */
export function axisIn(layout: Layout, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (layout !== "channelsFirst" || rank < 3 || positive === 0) return positive;
  return positive === rank - 1 ? 1 : positive + 1;
}

const count = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** `value`, of the Keras shape `shape`, from one layout in another. */
export function convert(
  g: GraphBuilder,
  value: Value,
  shape: KerasShape,
  from: Layout,
  to: Layout,
): Value {
  if (areSameLayout(from, to)) return value;
  if (typeof from === "object" && typeof to !== "object") {
    // Only flat values are flattened, and they have no other layout than Keras' own.
    if (sameOrder(shape, from)) return value;
    const image: KerasShape = [shape[0]!, ...from.flattened];
    const first = toFirst(image.length).map((axis) => image[axis]!);
    return flatten(g, g.transpose(reshapeTo(g, value, first), toLast(image.length)));
  }
  if (typeof to === "object") {
    if (sameOrder(shape, to)) return value;
    const image = reshapeTo(g, value, [shape[0]!, ...to.flattened]);
    return flatten(g, g.transpose(image, toFirst(to.flattened.length + 1)));
  }
  if (shape.length < 3) return value;
  const perm = to === "channelsFirst" ? toFirst(shape.length) : toLast(shape.length);
  // A Reshape costs nothing, but can leave one extent free at most.
  const freeExtents = shape.slice(1).filter((extent) => extent === null).length;
  if (freeExtents > 1 || !sameOrder(shape, "channelsFirst")) return g.transpose(value, perm);
  const newShape = to === "channelsFirst" ? perm.map((axis) => shape[axis]!) : shape;
  return reshapeTo(g, value, newShape);
}

/** Whether elements stand in the same order as in Keras: one pixel, or one channel. */
export function sameOrder(shape: KerasShape, layout: Layout): boolean {
  if (layout === "channelsLast") return true;
  const image = typeof layout === "object" ? layout.flattened : shape.slice(1);
  if (image.length < 2) return true;
  return image.at(-1) === 1 || image.slice(0, -1).every((extent) => extent === 1);
}
