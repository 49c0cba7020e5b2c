// Layouts of values in a graph, and conversions between them.
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../layers/definition/shape";
import type { InnerLayer, Layout } from "../layers/definition/layer";
import { areSameLayout, convert, sameOrder } from "../layers/shared/layouts";

/** A value in every layout that was requested so far. */
export interface ValueLayouts {
  readonly shape: KerasShape;
  readonly layouts: readonly Layout[];
  /** The value in that layout, converted if necessary. */
  in(layout: Layout): Value;
}

/** `value`, of the Keras shape `shape`, in `layout`. */
export function withLayouts(
  g: GraphBuilder,
  shape: KerasShape,
  value: Value,
  layout: Layout = "channelsLast",
): ValueLayouts {
  const layouts = [layout];
  const values = [value];
  return {
    shape,
    layouts,
    in(wanted) {
      const at = layouts.findIndex((existing) => areSameLayout(existing, wanted));
      if (at !== -1) return values[at]!;
      const converted = convert(g, value, shape, layout, wanted);
      layouts.push(wanted);
      values.push(converted);
      return converted;
    },
  };
}

/** The layout of a layer's inputs. */
export function layoutFor(
  { definition, config }: InnerLayer,
  inputs: readonly ValueLayouts[],
): Layout {
  const [first] = inputs;
  if (!first) return "channelsLast";
  const flattened = first.layouts.find((layout) => typeof layout === "object");
  const images = inputs.filter(({ shape }) => shape.length > 2);
  const { layout } = definition;
  const layoutWish =
    typeof layout === "object"
      ? layout.by(
          config,
          inputs.map(({ shape }) => shape),
        )
      : layout;
  switch (layoutWish) {
    case "channelsFirst":
      return images.length > 0 ? "channelsFirst" : "channelsLast";
    case "channelsLast":
      return "channelsLast";
    case "flattened":
      return flattened ?? "channelsLast";
    case "order":
      // Unchanged where only the shape differs from channels last, not the order of elements.
      return first.layouts.find((layout) => sameOrder(first.shape, layout)) ?? "channelsLast";
    case "elementwise":
      return flattened ?? (existsIn(first, "channelsFirst") ? "channelsFirst" : "channelsLast");
    case "any":
      // Where ranks differ, as when broadcasting, Keras' order says which axes belong together.
      return images.length === inputs.length &&
        images.some((image) => existsIn(image, "channelsFirst"))
        ? "channelsFirst"
        : "channelsLast";
  }
}

const existsIn = ({ layouts }: ValueLayouts, wanted: Layout) =>
  layouts.some((layout) => areSameLayout(layout, wanted));
