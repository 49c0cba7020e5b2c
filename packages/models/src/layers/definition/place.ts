// Where a value of a config stands.
/** The place of a field, for messages and for fields that are layers. */
export interface Place {
  /** `layer "conv" (Conv2D)` */
  readonly where: string;
  readonly key: string;
  /** Reads a layer within a layer's config (an `InnerLayer`, see layerField.ts); undefined where it is none. */
  readonly layer: (raw: unknown, at: Place) => object | undefined;
}
