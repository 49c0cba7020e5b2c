// Saved models as files.
import { CajalError, checkArgument } from "@cajal/core";
import { ioErrors, writeWhole } from "@cajal/files/node";
import { readFile } from "node:fs/promises";
import {
  decodeSavedModel,
  encodeSavedModel,
  type SavedModel,
  type SavedModelOptions,
} from "./savedModel";

/** Endings that name another format than safetensors. */
const otherEndings = /\.(h5|hdf5|keras|onnx|json|npz|npy|pt|pth|bin|pb|tflite|zip)$/i;

/**
 * Writes a model with its weights and labels to one safetensors file, atomically.
 *
 * @throws CajalError `bad-argument` for a path that ends as those of other formats do; `bad-argument`, `bad-shape` where
 *   weights do not fit the model; `io` where it cannot be written, and an earlier file of that name stays
 * @example await saveModel("digits.safetensors", { model, weights, labels: data.classes });
 */
export async function saveModel(
  path: string,
  savedModel: SavedModel,
  options: SavedModelOptions = {},
): Promise<void> {
  checkSavePath(path);
  await writeWhole(path, encodeSavedModel(savedModel, options));
}

/**
 * Checks where a model is to be saved, before the work whose result it is.
 *
 * @throws CajalError `bad-argument` for a path that ends as those of other formats do
 */
export function checkSavePath(path: string): void {
  checkArgument("saveModel", "path", path, "path");
  const [ending] = otherEndings.exec(path) ?? [];
  if (ending !== undefined)
    throw new CajalError(
      "bad-argument",
      `saveModel: got the path "${path}", and writes safetensors: end it with .safetensors. For a ${ending} file use writeModel of @cajal/transfer, where it has that format.`,
      { path },
    );
}

/**
 * Reads what {@link saveModel} wrote, bit for bit.
 *
 * @throws CajalError `bad-file` for anything else, `io` where it cannot be read
 * @example
 * const { model, weights, labels } = await loadModel("digits.safetensors");
 * const session = await open(model, weights);
 */
export async function loadModel(
  path: string,
  options: SavedModelOptions = {},
): Promise<SavedModel> {
  checkArgument("loadModel", "path", path, "path");
  const bytes = await ioErrors("reading", path, () => readFile(path));
  return decodeSavedModel(bytes, path, options);
}
