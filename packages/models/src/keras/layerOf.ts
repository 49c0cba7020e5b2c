// Cajal's own layers by their classes.
import { layers } from "../layers";
import type { Layer } from "../layers/definition/layer";

export const byClass: ReadonlyMap<string, Layer> = new Map(
  layers.flatMap((layer) =>
    [layer.className, layer.classInKeras ?? layer.className].map((name) => [name, layer]),
  ),
);

/** Cajal's own definition of a layer class; undefined where it has none. */
export const layerOf = (className: string): Layer | undefined => byClass.get(className);
