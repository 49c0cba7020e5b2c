// How values lie in a graph, and the turning of one layout into another.
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../keras/config";
import type { InnerLayer, Layout } from "../layers/definition/layer";
import { flatten, reshapeTo } from "../layers/shared/reshaping";

/** A value, in every layout in which it was wanted so far. */
export interface Held {
  readonly shape: KerasShape;
  readonly layouts: readonly Layout[];
  /** The value in that layout, turned if need be. */
  in(layout: Layout): Value;
}

/** Holds `value`, of the Keras shape `shape`, which lies in `layout`. */
export function hold(
  g: GraphBuilder,
  shape: KerasShape,
  value: Value,
  layout: Layout = "channelsLast",
): Held {
  const layouts = [layout];
  const values = [value];
  return {
    shape,
    layouts,
    in(wanted) {
      const at = layouts.findIndex((known) => alike(known, wanted));
      if (at !== -1) return values[at]!;
      const turned = convert(g, value, shape, layout, wanted);
      layouts.push(wanted);
      values.push(turned);
      return turned;
    },
  };
}

/** The layout in which a layer is to be given its inputs. */
export function layoutFor({ definition }: InnerLayer, inputs: readonly Held[]): Layout {
  const [first] = inputs;
  if (!first) return "channelsLast";
  const flattened = first.layouts.find((layout) => typeof layout === "object");
  const images = inputs.filter(({ shape }) => shape.length > 2);
  switch (definition.layout) {
    case "channelsFirst":
      return images.length > 0 ? "channelsFirst" : "channelsLast";
    case "channelsLast":
      return "channelsLast";
    case "flattened":
      return flattened ?? "channelsLast";
    case "order":
      // As it lies where only the shape differs from channels last, not the order of elements.
      return first.layouts.find((layout) => sameOrder(first.shape, layout)) ?? "channelsLast";
    case "elementwise":
      return flattened ?? (lies(first, "channelsFirst") ? "channelsFirst" : "channelsLast");
    case "any":
      // Where ranks differ, as when broadcasting, Keras' order says which axes belong together.
      return images.length === inputs.length && images.some((image) => lies(image, "channelsFirst"))
        ? "channelsFirst"
        : "channelsLast";
  }
}

const lies = ({ layouts }: Held, wanted: Layout) => layouts.some((layout) => alike(layout, wanted));

/** Whether two layouts are the same. */
export const alike = (a: Layout, b: Layout): boolean =>
  a === b ||
  (typeof a === "object" && typeof b === "object" && a.flattened.join() === b.flattened.join());

/** The order of axes that turns channels last into channels first. */
export const toFirst = (rank: number): number[] => [0, rank - 1, ...count(1, rank - 1)];

/** The order of axes that turns channels first into channels last. */
export const toLast = (rank: number): number[] => [0, ...count(2, rank), 1];

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
  if (alike(from, to)) return value;
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
  const free = shape.slice(1).filter((extent) => extent === null).length;
  if (free > 1 || !sameOrder(shape, "channelsFirst")) return g.transpose(value, perm);
  const turned = to === "channelsFirst" ? perm.map((axis) => shape[axis]!) : shape;
  return reshapeTo(g, value, turned);
}

/** Whether elements stand in the same order as in Keras: one pixel, or one channel. */
function sameOrder(shape: KerasShape, layout: Layout): boolean {
  if (layout === "channelsLast") return true;
  const image = typeof layout === "object" ? layout.flattened : shape.slice(1);
  if (image.length < 2) return true;
  return image.at(-1) === 1 || image.slice(0, -1).every((extent) => extent === 1);
}
