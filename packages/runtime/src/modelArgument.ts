// Recognizes a model argument: a Keras config (ours, or JSON of Keras and TF.js), an ONNX graph, or the bytes of an
// ONNX file. For anything else, such as a path, the error suggests the call that would work.
import { CajalError, isPromise, showValue, type Weights } from "@cajal/core";
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
 * @param where name of the function that takes the model, for the message
 * @returns a config for JSON text, otherwise the argument itself
 * @throws CajalError `bad-argument` for anything but a model, with a suggestion; `bad-file`, `bad-model` for
 *   text that begins like JSON and is not a model
 */
export function modelArgument(where: string, model: unknown): Model | OnnxModel | Uint8Array {
  if (typeof model === "string") {
    if (/^\uFEFF?\s*\{/.test(model)) return readKeras(model);
    throw notAModel(where, model, suggestionFor(where, model));
  }
  const isBuffer = Object.prototype.toString.call(model) === "[object ArrayBuffer]";
  if (isBuffer || ArrayBuffer.isView(model)) {
    const bytes = isBuffer ? new Uint8Array(model as ArrayBuffer) : (model as Uint8Array);
    checkBytes(where, bytes);
    return bytes;
  }
  if (typeof model !== "object" || model === null || Array.isArray(model))
    throw notAModel(where, model, "a Keras config, or an ONNX model (decodeModel of @cajal/onnx)");
  if (isPromise(model))
    throw notAModel(where, model, `a model, and not the promise of one: ${where}(await …)`);
  if ("arrayBuffer" in model)
    throw notAModel(where, model, `a file's bytes: ${where}(new Uint8Array(await file.arrayBuffer()), …)`); // prettier-ignore
  if ("model" in model && "weights" in model && !("graph" in model))
    throw notAModel(where, model, `its parts: ${where}(read.model, read.weights, …)`);
  return model as Model | OnnxModel;
}

/**
 * What a function is given as a model, as a Keras config or an ONNX graph: text is read as JSON of Keras, and bytes as
 * an ONNX file.
 *
 * @param where the function, for messages
 * @throws CajalError `bad-argument` for anything but a model, with a suggestion; `bad-model` for text that begins like
 *   JSON and is no model; `bad-file` for it, and for bytes that are no ONNX file
 */
export function graphOrConfig(where: string, model: unknown): ModelConfig | OnnxModel {
  const parsed = modelArgument(where, model);
  if (ArrayBuffer.isView(parsed)) return decodeModel(parsed);
  return "graph" in parsed ? parsed : readKeras(parsed);
}

/** Whether a model is an ONNX graph or file. */
export const isOnnx = (model: Model | OnnxModel | Uint8Array): model is OnnxModel | Uint8Array =>
  ArrayBuffer.isView(model) || "graph" in model;

/** How files of other formats begin, which are bytes too. */
const otherFormats: readonly (readonly [name: string, is: (start: string) => boolean])[] = [
  ["a zip archive, such as a .keras file", (start) => start.startsWith("PK\x03\x04")],
  ["an HDF5 file, such as a .h5 file of Keras", (start) => start.startsWith("\x89HDF\r\n\x1a\n")],
  // The length of its JSON is before it, in 8 bytes.
  ["a safetensors file", (start) => start.startsWith("\0\0{", 6)],
  ["JSON text", (start) => /^(\xef\xbb\xbf)?\s*\{\s*"/.test(start)],
];

/** @throws CajalError `bad-argument` for bytes of a file that is none of ONNX */
function checkBytes(where: string, bytes: Uint8Array): void {
  const head = new Uint8Array(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.byteLength));
  const start = String.fromCharCode(...head);
  const format = otherFormats.find(([, is]) => is(start));
  if (!format) return;
  throw new CajalError(
    "bad-argument",
    `${where}: got the bytes of ${format[0]}, expected those of an ONNX file. Read it: const { model, weights } = await readModel(path), with readModel of @cajal/transfer, and ${where}(model, weights, …).`,
    { where },
  );
}

/** @throws CajalError `bad-argument` for what gives weights later, in their place: an event's `weights`, or a promise */
export function checkWeightsRead(where: string, value: unknown): void {
  const isFunction = typeof value === "function";
  if (isFunction || isPromise(value))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${isFunction ? showValue(value) : "a promise"} as weights, expected a Map. ${isFunction ? `Call it, and await what it gives: ${where}(model, await event.weights(), …)` : `Await it: ${where}(model, await …)`}.`,
      { where },
    );
}

/** Checked by methods, not by class: two copies of a package may be loaded. */
const isWeights = <T extends object>(value: Weights | T | undefined): value is Weights =>
  typeof value === "object" && value !== null && "get" in value && "keys" in value;

/** What comes after a model: weights and options, or options alone; undefined in the weights' place is none. */
export function weightsAndOptions<O extends object>(
  where: string,
  [first, second]: readonly [weights: Weights, options?: O] | readonly [options?: O],
): [weights: Weights | undefined, options: O | undefined] {
  checkWeightsRead(where, first);
  return isWeights(first) ? [first, second] : [undefined, first ?? second];
}

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
  if (!weights) throw missingWeights(where);
  const network = resolve(model, { layers });
  checkWeights(weights, weightSpecs(network));
  return { network, weights };
}

export const missingWeights = (where: string) =>
  new CajalError(
    "bad-argument",
    `${where}: got a Keras model without weights, expected ${where}(model, weights, options). For random ones: initialize(model, { seed: 1 }).`,
  );

const notAModel = (where: string, got: unknown, expected: string) =>
  new CajalError("bad-argument", `${where}: got ${showValue(got)}, expected ${expected}.`, {
    where,
  });

/** A suggestion for a path: nothing is read from disk here, in browsers as in Node. */
function suggestionFor(where: string, path: string): string {
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
