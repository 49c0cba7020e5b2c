// Fields that hold a layer: what Bidirectional and TimeDistributed wrap. Apart from the other fields,
// which know nothing of layers.
import { fieldOf } from "./fields";
import type { Place } from "./place";
import { writeConfig } from "./readConfig";
import type { InnerLayer } from "./layer";

// What reads it, in registry.ts, gives nothing but these.
const innerOf = (raw: unknown, at: Place) => at.layer(raw, at) as InnerLayer | undefined;
const writeInner = (layer: InnerLayer | null) =>
  layer && {
    class_name: layer.definition.className,
    config: {
      name: layer.name,
      ...(layer.frozen && { trainable: false }),
      ...writeConfig(layer.definition.fields, layer.config),
      ...(layer.activityRegularizer && { activity_regularizer: layer.activityRegularizer }),
    },
  };

/** A layer within a layer, as one writes it. */
export interface LayerInput {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export const layer = fieldOf<InnerLayer, LayerInput>(
  "a layer: { class_name, config }",
  innerOf,
  writeInner,
);

export const layerOrNone = fieldOf<InnerLayer | null, LayerInput | null>(
  "null or a layer: { class_name, config }",
  (raw, at) => (raw === null ? null : innerOf(raw, at)),
  writeInner,
);
