// A model in one file: a safetensors file of its weights, with its config and labels in the metadata.
// Other tools read the weights; {@link decodeSavedModel} reads it all.
import { CajalError, checkOptions, optionsOf, showValue, type Weights } from "@cajal/core";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "@cajal/files";
import { checkWeights, parseJson, readKeras, writeJson, type Layer, type ModelConfig } from "@cajal/models"; // prettier-ignore

export interface SavedModel {
  /** A Keras config. */
  readonly model: ModelConfig;
  /** `layer/weight` → tensor: all weights of the model. */
  readonly weights: Weights;
  /** Names of the classes; output `i` is `labels[i]`. */
  readonly labels?: readonly string[] | undefined;
}

export interface SavedModelOptions {
  /** Definitions of layers of your own that the model has, from `defineLayer` of @cajal/models. */
  readonly layers?: readonly Layer[];
}

const optionKinds = optionsOf<SavedModelOptions>({ layers: "array" });

const format = "cajal-model";
const version = "1";

/**
 * The bytes of a model file; the weights are stored bit for bit.
 *
 * @throws CajalError `bad-argument`, `bad-shape` where weights are missing or do not fit the model
 */
export function encodeSavedModel(
  savedModel: SavedModel,
  options: SavedModelOptions = {},
): Uint8Array<ArrayBuffer> {
  // A model and its weights one after the other, as open takes them.
  if (typeof savedModel !== "object" || savedModel === null || !("model" in savedModel))
    throw new CajalError(
      "bad-argument",
      `saveModel: got ${showValue(savedModel)} as what to save, expected one object: { model, weights, labels }.`,
    );
  checkOptions("saveModel", options, optionKinds);
  const { model, weights, labels } = savedModel;
  const config = readKeras(model);
  if (!(weights instanceof Map))
    throw new CajalError(
      "bad-argument",
      `saveModel: got ${weights === undefined ? "no weights" : `${showValue(weights)} as weights`}, expected a map layer/weight → tensor: event.weights of train's "end" event, or await event.weights() of an "epoch" event.`,
    );
  checkWeights("saveModel", config, weights, options);
  checkLabels("saveModel", labels);
  return encodeSafetensors({
    tensors: weights,
    metadata: {
      format,
      version,
      config: writeJson(model),
      ...(labels && { labels: JSON.stringify(labels) }),
    },
  });
}

/**
 * @param file its bytes, or what they hold
 * @param where what to call the file in messages
 * @throws CajalError `bad-file` for anything but a whole file of {@link encodeSavedModel}; `unsupported`
 *   for one of another version
 */
export function decodeSavedModel(
  file: Uint8Array | Safetensors,
  where = "model file",
  options: SavedModelOptions = {},
): SavedModel {
  checkOptions("loadModel", options, optionKinds);
  const { tensors, metadata } = isContents(file) ? file : decodeSafetensors(file, where);
  if (metadata.format !== format)
    throw new CajalError(
      "bad-file",
      `${where}: it is a safetensors file and no saved model: its metadata has format ${JSON.stringify(metadata.format) ?? "nothing"}, expected "${format}".`,
      { file: where, format: metadata.format },
    );
  if (metadata.version !== version)
    throw new CajalError(
      "unsupported",
      `${where}: got a model file of version ${metadata.version}, expected ${version}.`,
      { file: where, version: metadata.version },
    );
  const model = parsed(where, "config", metadata.config) as ModelConfig;
  const config = readKeras(model);
  checkWeights(where, config, tensors, options);
  const labels = metadata.labels === undefined ? undefined : parsed(where, "labels", metadata.labels); // prettier-ignore
  checkLabels(where, labels as readonly string[] | undefined);
  return { model, weights: tensors, ...(labels !== undefined && { labels: labels as string[] }) };
}

const isContents = (file: Uint8Array | Safetensors): file is Safetensors =>
  typeof file === "object" && file !== null && "tensors" in file && "metadata" in file;

function parsed(where: string, name: string, text: string | undefined): unknown {
  try {
    return parseJson(text ?? "");
  } catch (cause) {
    throw new CajalError(
      "bad-file",
      `${where}: its ${name} is not JSON.`,
      { file: where },
      { cause },
    );
  }
}

function checkLabels(where: string, labels: readonly string[] | undefined): void {
  if (
    labels !== undefined &&
    !(Array.isArray(labels) && labels.every((label) => typeof label === "string"))
  )
    throw new CajalError(
      "bad-argument",
      `${where}: got labels ${showValue(labels)}, expected a list of names.`,
    );
}
