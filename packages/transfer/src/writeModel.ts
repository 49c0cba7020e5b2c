// A model into a file, in whatever form others read.
import { CajalError, checkOptions, unknownName, type Weights, checkArgument } from "@cajal/core";
import { checkWeights, readKeras, resolve, type Layer, type Model } from "@cajal/models";
import { formats } from "./formats";
import type { Encoder, WholeModel } from "./formats/format";
import { isGraph } from "./adapt/graph/loadedGraph";
import type { OptimizerState } from "./optimizer/optimizerState";
import type { TrainingConfig } from "./optimizer/trainingConfig";

/** What is written; what {@link readModel} gives is one. */
export interface ModelToWrite {
  /** A Keras model, or an ONNX graph, which is written as ONNX alone: its initializers are the `weights`. */
  readonly model: Model | object | string;
  /** `layer/weight` → float32 tensor, all that the model has. */
  readonly weights: Weights;
  /** Definitions of layers of your own that the model has, from `defineLayer` of @cajal/models. */
  readonly layers?: readonly Layer[] | undefined;
  /** Names of the classes; output `i` is `labels[i]`. Formats of weights alone leave them out. */
  readonly labels?: readonly string[] | undefined;
  /** Loss, metrics and optimizer as Keras writes them: `{ loss, metrics, optimizer: { class_name, config } }`. */
  readonly trainingConfig?: TrainingConfig;
  /**
   * With a `trainingConfig`: `iteration`, `learning_rate` and `layer/weight/slot`, as training has them. Keras and TF.js
   * go on training from it; safetensors, npz and ONNX leave it out.
   */
  readonly optimizerState?: OptimizerState;
}

/** "keras", "h5", "weights.h5", "tfjs", "onnx", "safetensors" or "npz". */
export type WriteFormat = "keras" | "h5" | "weights.h5" | "tfjs" | "onnx" | "safetensors" | "npz";

export interface EncodeModelOptions {
  /** The form of the files. */
  readonly format: WriteFormat;
  /** Name of the file that describes the model; default `model` with the format's ending. */
  readonly name?: string;
}

const encoders: readonly Encoder[] = formats.flatMap((format) => format.encoders);

/**
 * A model as the bytes of files, by their names, the one that describes the model first. All formats but
 * "tfjs" are one file. Weights keep every bit; "onnx" folds normalizations into convolutions.
 *
 * @throws CajalError `bad-argument`, `bad-shape` where weights are missing or do not fit; `unsupported` for what
 *   the format cannot hold; `unknown-name` for a format that is none
 * @example const bytes = encodeModel({ model, weights }, { format: "keras" }).get("model.keras");
 */
export function encodeModel(
  content: ModelToWrite,
  options: EncodeModelOptions,
): ReadonlyMap<string, Uint8Array> {
  checkOptions("encodeModel", options ?? {}, { format: true, name: "string" });
  const encoder = encoders.find(({ id }) => id === options?.format);
  if (!encoder)
    throw unknownName(
      "format",
      String(options?.format),
      encoders.map(({ id }) => id),
    );
  const { name = `model${encoder.endings[0]}` } = options;
  if (typeof content !== "object" || content === null)
    throw new CajalError(
      "bad-argument",
      `encodeModel: got ${String(content)}, expected { model, weights }.`,
    );
  // What is no such thing would be written into a file that is not read again.
  for (const [part, kind] of parts) {
    const value = content[part] ?? undefined;
    if (value !== undefined) checkArgument("encodeModel", part, value, kind);
  }
  if (isGraph(content)) {
    if (encoder.encodeGraph) return encoder.encodeGraph(content, name);
    throw new CajalError(
      "unsupported",
      `encodeModel: the model is an ONNX graph, which ${encoder.id} cannot hold; expected the format onnx.`,
      { format: encoder.id },
    );
  }
  return encoder.encode(checked(content), name);
}

export interface WriteModelOptions {
  /** Default: by the path's ending. */
  readonly format?: WriteFormat;
  /** Ends the writing; what was there before stays. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a model: `.keras` and `.h5` that Keras 3 opens, `.weights.h5` for `model.load_weights`, a TF.js layers
 * model (`.json`, its shards beside it), `.onnx`, `.safetensors`, `.npz`. Node only; elsewhere
 * {@link encodeModel} gives the bytes. A file appears when it is complete.
 *
 * @throws CajalError as {@link encodeModel}; `io` where it cannot be written
 * @example await writeModel("model.keras", await readModel("model.h5"));
 */
export async function writeModel(
  path: string,
  content: ModelToWrite,
  options: WriteModelOptions = {},
): Promise<void> {
  checkOptions("writeModel", options, { format: true, signal: "signal" });
  checkArgument("writeModel", "path", path, "path");
  const { format = formatByName(path), signal } = options;
  if (!globalThis.process?.getBuiltinModule)
    throw new CajalError(
      "unsupported",
      `${path}: files are written in Node only. encodeModel gives the bytes.`,
      { path },
    );
  const files = encodeModel(content, { format, name: path });
  const { writeAllWhole } = await import("@cajal/files/node");
  // What describes the model comes last, so that it never refers to what is not there.
  await writeAllWhole([...files].toReversed(), { signal });
}

/**
 * The format that a file's name says.
 *
 * @throws CajalError `unknown-name` for another ending
 */
export function formatByName(path: string): WriteFormat {
  checkArgument("formatByName", "path", path, "path");
  const lower = path.toLowerCase();
  const encoder = encoders.find(({ endings }) => endings.some((ending) => lower.endsWith(ending)));
  if (encoder) return encoder.id as WriteFormat;
  throw new CajalError(
    "unknown-name",
    `${path}: its ending is that of no format. Known: ${encoders.flatMap(({ endings }) => endings).join(", ")}; or name the format.`,
    { path },
  );
}

const parts = [
  ["labels", "strings"],
  ["trainingConfig", "object"],
  ["optimizerState", "map"],
] as const;

function checked(content: ModelToWrite): WholeModel {
  const { layers } = content;
  const model = readKeras(content.model);
  checkWeights("encodeModel", model, content.weights, { layers });
  for (const [key, { dtype }] of content.weights)
    if (dtype !== "float32")
      throw new CajalError(
        "bad-argument",
        `encodeModel: weight "${key}" is ${dtype}, expected float32.`,
        { weight: key, dtype },
      );
  const { weights, labels, trainingConfig, optimizerState } = content;
  return {
    model,
    network: resolve(model, { layers }),
    weights,
    ...(labels && { labels }),
    ...(trainingConfig && { trainingConfig }),
    ...(optimizerState && { optimizerState }),
  };
}
