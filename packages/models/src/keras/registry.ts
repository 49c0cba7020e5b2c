// From a class name and a config, as Keras writes them, to a layer ready to be asked.
import { CajalError, unknownName } from "@cajal/core";
import { showConfigValue } from "../layers/definition/shown";
import type { KerasObject } from "../layers/definition/fields";
import type { Place } from "../layers/definition/place";
import { readConfig } from "../layers/definition/readConfig";
import type { InnerLayer, Layer } from "../layers/definition/layer";
import { quantizationOf } from "../layers/quantized/policy";
import { quantized } from "../layers/quantized/quantized";
import { channelsFirst } from "../layers/shared/channelsFirst";
import { isModel } from "./isModel";
import { snakeCase } from "./snakeCase";
import { byClass } from "./layerOf";

/** What every function takes that reads a model. */
export interface ResolveOptions {
  /** Definitions of layers of your own, from `defineLayer`, that the model has. */
  readonly layers?: readonly Layer[];
}

/** A model within a layer's config, as a layer. */
export type ModelWithin = (
  json: { readonly class_name: string; readonly config: object },
  registry: Registry,
) => InnerLayer;

export interface Registry {
  /** The same, that reads models within layers too. */
  withModels(reader: ModelWithin): Registry;
  /** The layers that were given beside Cajal's. */
  readonly added: readonly Layer[];
  /**
   * The definition of a layer class.
   *
   * @param where who wants it, for the message
   * @throws CajalError `unknown-name`, listing the known classes
   */
  definitionOf(className: string, where: string): Layer;
  /**
   * A layer with its config read: defaults in place, every value checked.
   *
   * @throws CajalError `unknown-name`, `unknown-option`, `bad-argument`, `unsupported`
   */
  read(className: string, name: string, config: Readonly<Record<string, unknown>>): InnerLayer;
}

/** Cajal's own layers. */
const ownLayers: Registry = registry(byClass);

/**
 * Cajal's layers, and those that were given beside them.
 *
 * @param where the function that was given the options, for messages
 * @throws CajalError `bad-argument` for what is no definition, or has the name of another
 */
export function registryOf(where: string, options: ResolveOptions): Registry {
  const { layers: added = [] } = options;
  if (added.length === 0) return ownLayers;
  const allLayers = new Map(byClass);
  for (const layer of added) {
    if (typeof layer?.className !== "string" || typeof layer.lower !== "function")
      throw new CajalError(
        "bad-argument",
        `${where}, "layers": got ${showConfigValue(layer)}, expected what defineLayer gives.`,
        { where },
      );
    if (allLayers.has(layer.className))
      throw new CajalError(
        "bad-argument",
        `${where}, "layers": there is a layer class "${layer.className}" already. Give yours another name.`,
        { where, className: layer.className },
      );
    allLayers.set(layer.className, layer);
  }
  return registry(allLayers, added);
}

function registry(
  definitions: ReadonlyMap<string, Layer>,
  added: readonly Layer[] = [],
  modelWithin?: ModelWithin,
): Registry {
  function definitionOf(className: string, where: string): Layer {
    // Registered classes carry their package: "Course>ScaleShift".
    const matchingClass =
      definitions.get(className) ?? definitions.get(className.slice(className.indexOf(">") + 1));
    if (matchingClass) return matchingClass;
    if (className === "Lambda")
      throw new CajalError(
        "unsupported",
        `${where}: a Lambda is a function in Python, which is not run here. Give a layer that computes the same: { layers: [defineLayer({ className: "Lambda", … })] }.`,
        { className },
      );
    const { message, facts } = unknownName("layer class", className, definitions.keys());
    throw new CajalError(
      "unknown-name",
      `${where}: ${message} A layer of your own is given as { layers: [defineLayer(…)] }.`,
      facts,
    );
  }

  function read(
    className: string,
    name: string,
    config: Readonly<Record<string, unknown>>,
  ): InnerLayer {
    const plain = definitionOf(className, `layer "${name}"`);
    const where = `layer "${name}" (${className})`;
    const how = plain.quantizes && quantizationOf(config, where);
    const definition = how ? quantized(plain, how) : plain;
    const values = readConfig(
      definition.fields,
      config,
      { where, layer: readInner },
      definition.aliases,
    );
    const complete = definition.complete?.(values) ?? values;
    const orderedConfig =
      values["data_format"] === "channels_first" ? channelsFirst(definition) : definition;
    return { name, definition: orderedConfig, config: complete };
  }

  /** A layer inside another's config, as TimeDistributed and Bidirectional hold one. */
  function readInner(raw: unknown, { where, key }: Place): InnerLayer | undefined {
    if (typeof raw !== "object" || raw === null) return undefined;
    if (!("class_name" in raw) || typeof raw.class_name !== "string") return undefined;
    const config = "config" in raw ? raw.config : {};
    if (typeof config !== "object" || config === null || Array.isArray(config)) return undefined;
    const statedName =
      "name" in config && typeof config.name === "string" ? config.name : undefined;
    if (isModel(raw.class_name) && modelWithin)
      return modelWithin({ class_name: raw.class_name, config }, own);
    definitionOf(raw.class_name, `${where}, "${key}"`);
    const innerLayer = read(raw.class_name, statedName || snakeCase(raw.class_name), { ...config });
    const { trainable, activity_regularizer } = config as Readonly<Record<string, unknown>>;
    return {
      ...innerLayer,
      ...(trainable === false && { frozen: true as const }),
      // Its kind was checked when the config was read.
      ...(activity_regularizer ? { activityRegularizer: activity_regularizer as KerasObject } : {}),
    };
  }

  const own: Registry = { definitionOf, read, added, withModels: (reader) => registry(definitions, added, reader) }; // prettier-ignore
  return own;
}
