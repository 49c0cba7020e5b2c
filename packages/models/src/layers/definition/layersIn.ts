import { checkArgument } from "@cajal/core";
import type { InnerLayer } from "./layer";

/**
 * The layers among the values of a layer's config, and in the lists and objects among them: those that a wrapper has, a
 * recurrent layer's cell, and the cells of several.
 *
 * @example layersIn(Object.values(config))
 */
export function layersIn(values: readonly unknown[]): InnerLayer[] {
  checkArgument("layersIn", "values", values, "array");
  return values.flatMap((value) => {
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
    return "definition" in value ? [value as InnerLayer] : layersIn(Object.values(value));
  });
}

/** The layers within a layer, and those within them; those of a model in its place too. */
export function layersWithin(of: InnerLayer): InnerLayer[] {
  checkArgument("layersWithin", "the layer", of, "object");
  const { definition, config } = of;
  checkArgument("layersWithin", "definition", definition, "object");
  checkArgument("layersWithin", "config", config, "object");
  const parts = Object.values(definition.parts?.(config) ?? {}).flatMap(({ layer }) => layer ?? []);
  const layers = new Set([...parts, ...layersIn(Object.values(config))]);
  return [...layers].flatMap((layer) => [layer, ...layersWithin(layer)]);
}
