// The files of Keras 3, as Keras 3 writes them: `.h5` (keras/src/legacy/saving/legacy_h5_format.py),
// `.weights.h5` and `.keras` (keras/src/saving/saving_lib.py).
import { CajalError, tensor, type Tensor, type Weights } from "@cajal/core";
import { encodeHdf5, encodeZip, type Hdf5Attribute } from "@cajal/files";
import {
  readKeras,
  resolve,
  toKerasJson,
  writeJson,
  type ModelConfig,
  type Network,
} from "@cajal/models";
import { kerasPaths, type SavedWeight } from "../kerasPaths";
import { legacyOrder } from "../matchWeights";
import { writtenState } from "../optimizer/optimizerState";
import { compiled } from "../optimizer/trainingConfig";
import type { WholeModel } from "./format";
import { withoutSlashes } from "./withoutSlashes";

/** Whose form the files have. */
const kerasVersion = "3.0.0";

/** Keras reads lists of names as attributes, which hold 64 kB: longer ones in pieces, `layer_names0` and on. */
const namesAtMost = 60_000;

export function encodeKerasH5(original: WholeModel, name: string): ReadonlyMap<string, Uint8Array> {
  const whole = withoutSlashes(original);
  const { model, weights, network, labels, trainingConfig, optimizerState } = whole;
  const operation = network.calls.find(({ inner }) => inner.definition.asOperation)?.layer;
  if (operation)
    throw new CajalError(
      "unsupported",
      `layer "${operation.path}": it is an operation of Keras 3, which Keras does not read out of .h5 ("Unknown layer"). Write the model as .keras, or as ONNX.`,
      { layer: operation.path },
    );
  const datasets = new Map<string, Tensor>();
  const attributes = new Map<string, Record<string, Hdf5Attribute>>();
  const versions = { backend: "tensorflow", keras_version: kerasVersion };
  const training = compiled(trainingConfig);
  attributes.set("", {
    ...versions,
    model_config: writeJson(toKerasJson(model, { version: 3, layers: network.added })),
    ...(training && {
      training_config: withFloats(
        writeJson({
          // Keras asks for it also where there is none.
          loss_weights: null,
          ...training.rest,
          optimizer_config: training.optimizer,
        }),
      ),
    }),
    ...(labels && { labels: JSON.stringify(labels) }),
  });
  attributes.set("model_weights", {
    ...versions,
    ...names("layer_names", network.layers.map((layer) => layer.name)), // prettier-ignore
  });
  for (const layer of network.layers) {
    const ordered = legacyOrder(layer);
    const keys = ordered.map(({ key }) => key);
    const group = `model_weights/${layer.name}`;
    attributes.set(group, names("weight_names", keys));
    for (const spec of ordered) datasets.set(`${group}/${spec.key}`, stored(spec, weights));
  }
  attributes.set("model_weights/top_level_model_weights", names("weight_names", []));
  const state = writtenState(trainingConfig, optimizerState, network);
  if (state) {
    const paths = state.map(([name]) => `${training!.optimizer.class_name.toLowerCase()}/${name}`);
    attributes.set("optimizer_weights", names("weight_names", paths));
    state.forEach(([, value], i) => datasets.set(`optimizer_weights/${paths[i]}`, value));
  }
  return new Map([[name, encodeHdf5({ datasets, attributes })]]);
}

export const encodeKerasWeights = (whole: WholeModel, name: string) =>
  new Map([[name, weightsFile(whole, whole.model, whole.network.layers)]]);

export function encodeKerasZip(
  original: WholeModel,
  name: string,
): ReadonlyMap<string, Uint8Array> {
  const whole = withoutSlashes(original);
  const { model, labels, trainingConfig } = whole;
  const layers = whole.network.added;
  const training = compiled(trainingConfig);
  const json = (value: object) => new TextEncoder().encode(withFloats(writeJson(value)));
  const written = toKerasJson(model, { version: 3, layers });
  const config = {
    ...written,
    ...(training && {
      compile_config: {
        ...training.rest,
        optimizer: { module: "keras.optimizers", registered_name: null, ...training.optimizer },
      },
    }),
  };
  const files = [
    ["metadata.json", json({ keras_version: kerasVersion, ...(labels && { labels }) })],
    ["config.json", json(config)],
    // Models within layers are functional ones there, sequential ones too.
    ["model.weights.h5", weightsFile(whole, readKeras(written), resolve(written, { layers }).layers)], // prettier-ignore
  ] as const;
  return new Map([[name, encodeZip(new Map(files))]]);
}

/**
 * Weights by the paths of their layers, and the optimizer's variables by number.
 *
 * @param model the config by whose classes, those of nested models too, Keras looks for them
 */
function weightsFile(
  { network, weights, trainingConfig, optimizerState }: WholeModel,
  model: ModelConfig,
  layers: Network["layers"],
): Uint8Array {
  const datasets = new Map<string, Tensor>();
  for (const [path, spec] of kerasPaths(model, layers)) datasets.set(path, stored(spec, weights));
  const state = writtenState(trainingConfig, optimizerState, network);
  state?.forEach(([, value], i) => datasets.set(`optimizer/vars/${i}`, value));
  return encodeHdf5({ datasets });
}

/** A weight in the type that Keras has for it. */
function stored({ key, dtype }: SavedWeight, weights: Weights): Tensor {
  const value = weights.get(key)!;
  return dtype === "int8" ? tensor("int8", value.shape, Int8Array.from(value.data as Float32Array)) : value; // prettier-ignore
}

/** Keras takes no whole number as a learning rate or momentum, and JSON of JavaScript writes 1.0 as 1. */
const withFloats = (json: string) =>
  json.replace(/("(?:(?:initial_)?learning_rate|momentum|decay)":-?\d+)(?=[,}])/g, "$1.0");

/** A list of names as one attribute or, above 64 kB, several. */
function names(attribute: string, all: readonly string[]): Record<string, readonly string[]> {
  // All take as much as the longest.
  const width = Math.max(1, ...all.map((name) => new TextEncoder().encode(name).length));
  const most = Math.floor(namesAtMost / width);
  if (all.length <= most) return { [attribute]: all };
  const parts = Array.from({ length: Math.ceil(all.length / most) }, (_, i) =>
    all.slice(i * most, (i + 1) * most),
  );
  return Object.fromEntries(parts.map((part, i) => [`${attribute}${i}`, part]));
}
