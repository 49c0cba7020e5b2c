// A model out of a file, whatever wrote it; told apart by what is in the file, not by its name.
import { CajalError, checkOptions, type Weights } from "@cajal/core";
import { requestOptions } from "@cajal/files";
import { resolve, type ModelConfig, type ResolveOptions } from "@cajal/models";
import { formats } from "./formats";
import { isPickled } from "./formats/pickled";
import { isSavedModel } from "./formats/savedModel";
import type { Format, ReadGraph, ReadModel } from "./formats/format";
import { matchWeights } from "./matchWeights";
import { openSource, type ModelSource, type OpenSource, type SourceOptions } from "./source";

export interface ReadModelOptions extends SourceOptions, ResolveOptions {
  /** Whether the optimizer's state is read too, from the files of Keras 3 that have one. Default false. */
  readonly optimizer?: boolean;
  /** Whether a file may be an ONNX graph too, which is no Keras config. Default false: it is refused. */
  readonly graphs?: boolean;
}

/**
 * Reads a model with its weights: Keras `.h5` of any version, `.keras`, a TF.js layers model, a file of
 * `saveModel`.
 *
 * @param source a path (Node), URL, Blob, bytes, or a map of files by name, the one that describes the
 *   model first
 * @throws CajalError `bad-file` for what is damaged, of no known format, or without a model; `bad-shape` with both
 *   shapes where weights do not fit; `unsupported`, `unknown-name` for layers that neither Cajal has nor `options.layers`; `io`, `network`, `timeout`
 * @example const { model, weights } = await readModel("model.keras");
 */
export async function readModel(
  source: ModelSource,
  options?: ReadModelOptions & { readonly graphs?: false },
): Promise<ReadModel>;
/** Reads a Keras model, or an ONNX graph: `format` is "ONNX" where it is one. */
export async function readModel(
  source: ModelSource,
  options: ReadModelOptions,
): Promise<ReadModel | ReadGraph>;
export async function readModel(
  source: ModelSource,
  options: ReadModelOptions = {},
): Promise<ReadModel | ReadGraph> {
  checkOptions("readModel", options, {
    ...requestOptions,
    layers: "array",
    optimizer: "boolean",
    graphs: "boolean",
  });
  const { layers, optimizer = false, graphs = false } = options;
  return opened(await openSource(source, options), options.signal, async (file, format) => {
    if (format.readGraph) {
      if (graphs) return format.readGraph(file);
      throw new CajalError(
        "unsupported",
        `${file.name}: it is an ONNX graph and no Keras model. Take graphs too, readModel(…, { graphs: true }), or open it by its bytes (open of @cajal/runtime).`,
        { file: file.name },
      );
    }
    if (!format.readModel)
      throw new CajalError(
        "bad-file",
        `${file.name}: ${format.name} holds weights alone. Give it to readWeights, with the model that they belong to.`,
        { file: file.name, format: format.name },
      );
    const read = await format.readModel(file, { layers, optimizer });
    return layers ? { ...read, layers } : read;
  });
}

/**
 * Reads weights for a model: those of any file that `readModel` reads, `.weights.h5`, `save_weights` of older
 * Keras, safetensors. Layers are matched by name, else in the file's order as Keras does; every shape is compared
 * before anything is read.
 *
 * @param model the config that they belong to
 * @throws CajalError as {@link readModel}; `bad-file` where layers or weights are missing or left over, or
 *   neither names nor an order tell where weights belong
 * @example const weights = await readWeights("resnet50_weights_tf_dim_ordering_tf_kernels.h5", resnet50());
 */
export async function readWeights(
  source: ModelSource,
  model: ModelConfig,
  options: SourceOptions & ResolveOptions = {},
): Promise<Weights> {
  checkOptions("readWeights", options, { ...requestOptions, layers: "array" });
  const { layers, signal } = options;
  resolve(model, { layers }); // a wrong model is said before anything is fetched
  return weightsIn(await openSource(source, options), model, { layers, signal });
}

/** See {@link readWeights}; of a file that is open, and is closed then. */
export function weightsIn(
  file: OpenSource,
  model: ModelConfig,
  { layers, signal }: ResolveOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<Weights> {
  return opened(file, signal, async (_, format) =>
    matchWeights(await format.readWeights(file), resolve(model, { layers }), file.name, model),
  );
}

async function opened<T>(
  file: OpenSource,
  signal: AbortSignal | undefined,
  read: (file: OpenSource, format: Format) => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    // The first name in a zip archive has up to 64 kB.
    const head = await file.read(0, Math.min(30 + 2 ** 16, file.size));
    const format = formats.find((one) => one.detect(head, file.name));
    if (!format)
      throw new CajalError(
        "bad-file",
        `${file.name}: ${whatIsIt(head)}. Known: ${formats.map(({ name }) => name).join(", ")}.`,
        { file: file.name },
      );
    return await read(file, format);
  } finally {
    await file.close();
  }
}

/** What is no model, in words. */
function whatIsIt(head: Uint8Array): string {
  if (head.length === 0) return "it is empty";
  if (isPickled(head))
    return "it is what Python has pickled, as PyTorch saves models, whose reading runs code: export the model to ONNX (torch.onnx.export), or write the weights of a Keras model, under its names and in its layouts, with safetensors.torch.save_file";
  if (isSavedModel(head))
    return "it is a SavedModel of TensorFlow, which Cajal does not read: save the model it was made of as .keras, or convert it to ONNX (python -m tf2onnx.convert --saved-model)";
  const text = new TextDecoder().decode(head.subarray(0, 512)).trimStart();
  return /^<(!doctype|html|\?xml|head|body)/i.test(text)
    ? "it is a page of text (HTML or XML), as servers send in place of a file: look at it in a browser"
    : "it is of no known format";
}
