// Saved models as files.
import { CajalError, showValue } from "@cajal/core";
import { ioErrors, writeWhole } from "@cajal/files/node";
import { readFile } from "node:fs/promises";
import { decodeSavedModel, encodeSavedModel, type SavedModel } from "./savedModel";

/**
 * Writes a model with its weights and labels: one safetensors file, whole or not at all.
 *
 * @throws CajalError `bad-argument`, `bad-shape` where weights do not fit the model; `io` where it cannot
 *   be written, and what was there before stays
 * @example await saveModel("digits.safetensors", { model, weights, labels: data.classes });
 */
export async function saveModel(path: string, saved: SavedModel): Promise<void> {
  checkPath("saveModel", path);
  await writeWhole(path, encodeSavedModel(saved));
}

/**
 * Reads what {@link saveModel} wrote, bit for bit.
 *
 * @throws CajalError `bad-file` for anything else, `io` where it cannot be read
 * @example
 * const { model, weights, labels } = await loadModel("digits.safetensors");
 * const session = await open(model, weights);
 */
export async function loadModel(path: string): Promise<SavedModel> {
  checkPath("loadModel", path);
  const bytes = await ioErrors("reading", path, () => readFile(path));
  return decodeSavedModel(bytes, path);
}

function checkPath(where: string, path: string): void {
  if (typeof path !== "string" || path === "")
    throw new CajalError(
      "bad-argument",
      `${where}: got path ${showValue(path)}, expected the name of a file.`,
    );
}
