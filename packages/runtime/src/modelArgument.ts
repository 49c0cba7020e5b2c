// What is given as a model, told apart: a Keras config (ours, or JSON of Keras and TF.js), an ONNX graph, the
// bytes of an ONNX file. For anything else, a path above all, the error shows the line that was meant.
import { CajalError, showValue, type Weights } from "@cajal/core";
import {
  readKeras,
  resolve,
  weightSpecs,
  type Layer,
  type Model,
  type ModelConfig,
} from "@cajal/models";
import { decodeModel, type OnnxModel } from "@cajal/onnx";
import type { KerasSource } from "./engines/engine";
import { checkWeights } from "./step/checks";

/**
 * @param where the function that the model was given to, for the message
 * @returns a config where JSON text was given, otherwise what was given
 * @throws CajalError `bad-argument` for what is no model, with the line that makes one; `bad-file`, `bad-model`
 *   for text that begins like JSON and is no model
 */
export function modelArgument(where: string, model: unknown): Model | OnnxModel | Uint8Array {
  if (typeof model === "string") {
    if (/^\uFEFF?\s*\{/.test(model)) return readKeras(model);
    throw refused(where, model, lineFor(where, model));
  }
  if (Object.prototype.toString.call(model) === "[object ArrayBuffer]")
    return new Uint8Array(model as ArrayBuffer);
  if (ArrayBuffer.isView(model)) return model as Uint8Array;
  if (typeof model !== "object" || model === null || Array.isArray(model))
    throw refused(where, model, "a Keras config, or an ONNX model (decodeModel of @cajal/onnx)");
  if (typeof (model as PromiseLike<unknown>).then === "function")
    throw refused(where, model, `a model, and not the promise of one: ${where}(await …)`);
  if ("model" in model && "weights" in model && !("graph" in model))
    throw refused(where, model, `its parts: ${where}(read.model, read.weights, …)`);
  return model as Model | OnnxModel;
}

/**
 * As {@link modelArgument}; the bytes of an ONNX file become its graph.
 *
 * @throws CajalError as there; `bad-file` where the bytes are no ONNX file
 */
export function graphOrConfig(where: string, model: unknown): ModelConfig | OnnxModel {
  const unwrapped = modelArgument(where, model);
  if (ArrayBuffer.isView(unwrapped)) return decodeModel(unwrapped);
  return "graph" in unwrapped ? unwrapped : readKeras(unwrapped);
}

/** Whether what {@link modelArgument} gives is an ONNX graph or file. */
export const isOnnx = (model: Model | OnnxModel | Uint8Array): model is OnnxModel | Uint8Array =>
  ArrayBuffer.isView(model) || "graph" in model;

/** By what a map can do, not by its class, as with errors. */
export const isWeights = <T extends object>(value: Weights | T | undefined): value is Weights =>
  typeof value === "object" && value !== null && "get" in value && "keys" in value;

/**
 * A Keras model with its weights, resolved.
 *
 * @throws CajalError `bad-argument` without weights, or where they do not fit; `bad-shape`; as `resolve`
 */
export function kerasSource(
  where: string,
  model: Model,
  {
    weights,
    layers,
  }: { readonly weights: Weights | undefined; readonly layers: readonly Layer[] | undefined },
): KerasSource {
  if (!weights) throw lacksWeights(where);
  const network = resolve(model, { layers });
  checkWeights(weights, weightSpecs(network));
  return { network, weights };
}

export const lacksWeights = (where: string) =>
  new CajalError(
    "bad-argument",
    `${where}: got a Keras model without weights, expected ${where}(model, weights, options). For random ones: initialize(model, { seed: 1 }).`,
  );

const refused = (where: string, got: unknown, expected: string) =>
  new CajalError("bad-argument", `${where}: got ${showValue(got)}, expected ${expected}.`, {
    where,
  });

/** Nothing is read from disk here, in browsers as in Node: the line that does it. */
function lineFor(where: string, path: string): string {
  const name = JSON.stringify(path.length > 60 ? "…" : path);
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  if (/^https?:/i.test(path) && extension === "onnx")
    return `the file's bytes: ${where}(new Uint8Array(await (await fetch(${name})).arrayBuffer()), …)`;
  if (extension === "onnx")
    return `what is in that file: ${where}(await readModel(${name}), …), with readModel of @cajal/onnx/node`;
  if (extension === "safetensors")
    return `what is in that file: const { model, weights } = await loadModel(${name}), with loadModel of @cajal/train/node, and ${where}(model, weights, …)`;
  if (["h5", "hdf5", "keras", "json"].includes(extension))
    return `what is in that file: const { model, weights } = await readModel(${name}), with readModel of @cajal/transfer, and ${where}(model, weights, …)`;
  return "a Keras config or its JSON text, an ONNX model, or the bytes of an ONNX file";
}
