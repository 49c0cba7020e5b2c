// Models as JSON that Keras and TF.js read: the form of Keras 2, which Keras 3 and
// `tf.models.modelFromJSON` read as well, or Keras 3's own.
import { CajalError, checkOptions } from "@cajal/core";
import type { InboundRef, LayerEntry, ModelConfig } from "./keras/config";
import { writeConfig } from "./layers/definition/readConfig";
import type { ResolveOptions, Registry } from "./keras/registry";
import { layersOf } from "./network/layersOf";
import { maskLayers } from "./network/maskLayers";
import { isNetwork, resolve } from "./network/network";
import { planOf } from "./network/plan";
import { activationOf } from "./layers/definition/activations";
import { isModel, isModelJson } from "./keras/isModel";
import { keras3, type Keras3Config } from "./keras/keras3";
import { showConfigValue } from "./layers/definition/shown";
import type { Json } from "./keras/json";
import { asKeras2 } from "./keras/olderKeras";
import { readKeras, readModel } from "./keras/readKeras";
import { writtenMask } from "./keras/writtenMasks";

export interface KerasJsonOptions extends ResolveOptions {
  /** The Keras whose form it has. Default 2, which TF.js and Keras 3 read as well. */
  readonly version?: 2 | 3;
}

/**
 * A model as Keras 2 and TF.js write and read it: every layer's config in full, under the names of
 * old (`alpha` for LeakyReLU's slope), with nested models kept. An activation that only older Keras has
 * is written by its name there, with the `keras_version` that says so.
 *
 * @param options.version 3: as Keras 3 writes it in a `.keras` file's config.json
 * @param options.layers definitions of layers of your own that the model has
 * @throws CajalError as `resolve`; `unsupported` for what Keras 3 does not have
 * @example tf.models.modelFromJSON(toKerasJson(lenet5()))
 */
export function toKerasJson(
  model: object | string,
  options?: KerasJsonOptions & { readonly version?: 2 },
): ModelConfig;
export function toKerasJson(
  model: object | string,
  options: KerasJsonOptions & { readonly version: 3 },
): Keras3Config;
export function toKerasJson(
  model: object | string,
  options: KerasJsonOptions = {},
): ModelConfig | Keras3Config {
  checkOptions("toKerasJson", options, ["version", "layers"]);
  const { version = 2, layers } = options;
  const registry = layersOf("toKerasJson", { layers });
  const read = isNetwork(model) ? model.model : readKeras(model);
  checkMasks(read, layers);
  if (version === 3)
    return keras3(read, registry, resolve(model, { layers }).layers, {
      shapedOf: (within) => resolve(within, { layers }).layers,
      masksOf: (config, tensorOf) => {
        const plan = planOf(config, { path: "", trainable: true, registry });
        return maskLayers(plan, config.layers.map(({ name }) => name), tensorOf); // prettier-ignore
      },
    });
  if (version !== 2)
    throw new CajalError(
      "bad-argument",
      `toKerasJson, "version": got ${showConfigValue(version)}, expected 2 or 3.`,
      { version },
    );
  const writtenModel = written2(read, registry);
  const olderConfig = asKeras2(writtenModel.config);
  return olderConfig === writtenModel.config
    ? writtenModel
    : { ...writtenModel, config: olderConfig, keras_version: "2.15.0" };
}

function written2({ config }: ModelConfig, registry: Registry): ModelConfig {
  return {
    class_name: "Model",
    config: {
      ...config,
      layers: config.layers.map(({ class_name, name, config, inbound_nodes }): LayerEntry => {
        const nested = isModel(class_name)
          ? written2(readModel({ class_name, config }), registry)
          : undefined;
        return {
          class_name: nested?.class_name ?? class_name,
          name,
          config: nested ? { ...nested.config } : layerConfig(registry, class_name, name, config),
          inbound_nodes: inbound_nodes.map((refs) => refs.map(withoutMask)),
        };
      }),
    },
  };
}

/** Masks follow from the layers before, here as in Keras, but for those that are values of the model. */
const withoutMask = (ref: InboundRef): InboundRef => {
  const [layer, node, tensor, { mask, ...kwargs }] = ref;
  return writtenMask(mask) ? [layer, node, tensor, kwargs] : ref;
};

/** @throws CajalError `unsupported` for a mask that does not follow, and is made of an operation of Keras 3's */
function checkMasks(model: ModelConfig, layers: ResolveOptions["layers"]): void {
  const isWritten = (config: ModelConfig["config"]): boolean =>
    config.layers.some(
      ({ class_name, config, inbound_nodes }) =>
        inbound_nodes.some((refs) => refs.some(([, , , { mask }]) => writtenMask(mask))) ||
        (isModel(class_name) && isWritten(readModel({ class_name, config }).config)),
    );
  if (!isWritten(model.config)) return;
  for (const { layer, masks = [] } of resolve(model, { layers }).calls)
    for (const mask of masks)
      if (mask?.kind === "differs" && mask.stated)
        throw new CajalError(
          "unsupported",
          `layer "${layer.path}" (${layer.className}): its call has a mask made of "${mask.of.from}" and ${mask.value}, which does not follow from the layers before it, and is not written here. Write the model as ONNX.`,
          { layer: layer.path },
        );
}

/** A layer's config in full, by the names that Keras 2 and TF.js know. */
function layerConfig(registry: Registry, className: string, name: string, json: Json): Json {
  const { config, definition } = registry.read(className, name, json);
  const writtenModel = writeConfig(definition.fields, config);
  if (definition.isInput) return { name, ...writtenModel };
  for (const [oldName, field] of Object.entries(definition.aliases ?? {}))
    if (field in writtenModel) {
      writtenModel[oldName] = writtenModel[field];
      delete writtenModel[field];
    }
  for (const [key, value] of Object.entries(writtenModel))
    if (isModelJson(value)) writtenModel[key] = written2(readModel(value), registry);
  // Where Keras 3 understands both names, that of Keras 2.
  for (const [key, value] of Object.entries(writtenModel))
    if (key.endsWith("activation") && typeof value === "string") {
      const { keras2, keras2Only } = activationOf(value) ?? {};
      if (keras2 !== undefined && !keras2Only) writtenModel[key] = keras2;
    }
  const { activity_regularizer } = json;
  return {
    name,
    trainable: json.trainable !== false,
    dtype: "float32",
    ...writtenModel,
    ...(activity_regularizer ? { activity_regularizer } : {}),
  };
}
