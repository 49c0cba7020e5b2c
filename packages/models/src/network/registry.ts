// From a class name and a config, as Keras writes them, to a layer ready to be asked.
import { CajalError, unknownName } from "@cajal/core";
import { readConfig, type Place } from "../layers/definition/fields";
import type { InnerLayer, Layer } from "../layers/definition/layer";
import { layers } from "../layers";

const byClass = new Map(layers.map((layer) => [layer.className, layer]));

/**
 * The definition of a layer class.
 *
 * @param where who wants it, for the message
 * @throws CajalError `unknown-name`, listing the known classes
 */
export function definitionOf(className: string, where: string): Layer {
  const found = byClass.get(className);
  if (found) return found;
  const { message, facts } = unknownName("layer class", className, byClass.keys());
  throw new CajalError("unknown-name", `${where}: ${message}`, facts);
}

/**
 * A layer with its config read: defaults in place, every value checked.
 *
 * @throws CajalError `unknown-name`, `unknown-option`, `bad-argument`, `unsupported`
 */
export function readLayer(
  className: string,
  name: string,
  config: Readonly<Record<string, unknown>>,
): InnerLayer {
  const definition = definitionOf(className, `layer "${name}"`);
  const where = `layer "${name}" (${className})`;
  const read = readConfig(
    definition.fields,
    config,
    { where, layer: readInner },
    definition.aliases,
  );
  return { name, definition, config: definition.complete?.(read) ?? read };
}

/** A layer inside another's config, as TimeDistributed and Bidirectional hold one. */
function readInner(given: unknown, { where, key }: Place): InnerLayer | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  if (!("class_name" in given) || typeof given.class_name !== "string") return undefined;
  const config = "config" in given ? given.config : {};
  if (typeof config !== "object" || config === null) return undefined;
  const named = "name" in config && typeof config.name === "string" ? config.name : undefined;
  definitionOf(given.class_name, `${where}, "${key}"`);
  return readLayer(given.class_name, named ?? snakeCase(given.class_name), { ...config });
}

/** Keras' name for a layer that was given none: Conv2D → conv2d, MaxPooling2D → max_pooling2d. */
export const snakeCase = (className: string): string =>
  className
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
