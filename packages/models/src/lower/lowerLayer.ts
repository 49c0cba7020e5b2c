// One layer on values in its layout, and layers within it.
import { CajalError, type DType } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { InnerLayer, Layout, LowerContext } from "../layers/definition/layer";
import type { KerasShape } from "../layers/definition/shape";
import type { Step } from "../layers/definition/weightLayout";
import { axisIn } from "../layers/shared/layouts";
import { layoutFor, withLayouts } from "./layouts";

/** What a layer's context takes from the call it is in. */
export interface Surroundings {
  readonly g: GraphBuilder;
  readonly training: boolean;
  readonly trainable: boolean;
  /** Whether a part of the layer is frozen by its name. */
  isFrozen(part: string): boolean;
  readonly masks: LowerContext["masks"];
  readonly attentionMask: LowerContext["attentionMask"];
  readonly padding: LowerContext["padding"];
  readonly dtype: DType;
  readonly source: LowerContext["source"];
  weight(name: string, steps: readonly Step[]): Value;
  update(name: string, value: Value): void;
  /** Adds to the loss of training what a layer within gives, by its Keras regularizer. */
  regularize(value: Value, regularizer: NonNullable<InnerLayer["activityRegularizer"]>): void;
  seed(): Value;
}

/** Lowers one layer on values in `layout`. */
export function lowerLayer(
  { definition, config }: InnerLayer,
  values: readonly Value[],
  inputs: readonly KerasShape[],
  layout: Layout,
  {
    g,
    training,
    trainable,
    isFrozen,
    masks,
    attentionMask,
    padding,
    dtype,
    source,
    weight,
    update,
    regularize,
    seed,
  }: Surroundings,
): { values: readonly Value[]; layouts: readonly Layout[]; outputs: readonly KerasShape[] } {
  const refusal = training ? definition.refusesTraining?.(config) : undefined;
  if (refusal !== undefined) throw new CajalError("unsupported", refusal);
  const outputs = definition.shape(config, inputs);
  const layouts: Layout[] = outputs.map((shape) =>
    shape.length > 2 || typeof layout === "object" ? layout : "channelsLast",
  );
  const result = definition.lower(config, values, g, {
    inputs,
    outputs,
    layout,
    dtype,
    training,
    trainable,
    mask: masks[0],
    masks,
    attentionMask,
    padding,
    source,
    weight: (name, steps = []) => weight(name, steps),
    update,
    seed,
    axis: (axis, rank = inputs[0]!.length) => axisIn(layout, axis, rank),
    arrange: (layout, i = 0) => void (layouts[i] = layout),
    inner: (layer, values, { shapes, layout: lies, prefix = layer.name, masks = [] }) => {
      const valueLayouts = values.map((value, i) => withLayouts(g, shapes[i]!, value, lies));
      const wanted = layoutFor(layer, valueLayouts);
      const nested = lowerLayer(
        layer,
        valueLayouts.map((value) => value.in(wanted)),
        shapes,
        wanted,
        {
          g,
          training,
          trainable: trainable && !layer.frozen && !isFrozen(prefix),
          isFrozen: (part) => isFrozen(`${prefix}/${part}`),
          masks,
          attentionMask: undefined,
          padding: undefined,
          source: () => {
            throw new CajalError(
              "unsupported",
              `the layer "${layer.name}" (${layer.definition.className}) within it reads what layers before it gave. Call it beside that layer, not within it.`,
              { layer: layer.name },
            );
          },
          dtype,
          weight: (name, steps) => weight(`${prefix}/${name}`, steps),
          update: (name, value) => update(`${prefix}/${name}`, value),
          regularize,
          seed,
        },
      );
      const { activityRegularizer } = layer;
      if (activityRegularizer) for (const value of nested.values) regularize(value, activityRegularizer); // prettier-ignore
      return {
        shapes: nested.outputs,
        values: nested.values.map((value, i) =>
          withLayouts(g, nested.outputs[i]!, value, nested.layouts[i]!).in(lies),
        ),
      };
    },
  });
  return { values: result, layouts, outputs };
}
