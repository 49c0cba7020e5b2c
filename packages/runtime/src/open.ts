// Opens a model on an engine and a device.
import { CajalError, checkOptions, type Weights } from "@cajal/core";
import { toOnnx, weightSpecs, type Model } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { checkDevice, type DeviceChoice, type EngineName } from "./device";
import { openOnOnnx } from "./onnxSession";
import { sessionOf, type OpenedModel, type Session } from "./session";
import { openOnTfjs } from "./tfjsSession";
import { checkWeights } from "./trainStepChecks";

export interface OpenOptions {
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto". */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: one a core. */
  readonly threads?: number;
  /**
   * Examples that most runs will have; any number may come. Default 1: ONNX Runtime on the CPU reads
   * dense kernels of 16 MiB and more in the memory of `weights`. More: it keeps them as well, in the
   * order that several examples want, which takes up to 11 % less time a run (VGG19, 2 examples; 3 %
   * for 8, nothing from 32 on), 0.5 GB and longer to open.
   */
  readonly batch?: number;
  /**
   * Whether what a GPU computes is compared with the CPU first; drivers that compute wrongly without a
   * word exist. Engine onnx: this model, on a random example, at every opening. Engine tfjs: the
   * operations of networks, once a process. Default true.
   */
  readonly verify?: boolean;
  /** Ends the opening; what has been made is freed. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a Keras model.
 *
 * @param model a config: ours, or the JSON of Keras or TF.js
 * @param weights `layer/weight` → tensor, e.g. `initialize(model, { seed: 1 })`. They must not change
 *   while the session lives.
 * @throws CajalError `bad-model`, `bad-shape`, `bad-argument` (model and weights do not fit),
 *   `unknown-name` (engine, device), `missing-peer` with the install command, `no-device` with the
 *   reason, `unsupported` (a layer that the engine lacks), `engine`
 */
export async function open(model: Model, weights: Weights, options?: OpenOptions): Promise<Session>;
/**
 * Opens an ONNX model: a graph, whose weights must not change while the session lives, or the bytes of
 * a file.
 *
 * @throws CajalError as above; `unsupported` on engine tfjs, which runs Keras models only
 */
export async function open(model: OnnxModel | Uint8Array, options?: OpenOptions): Promise<Session>;
export async function open(
  model: Model | OnnxModel | Uint8Array,
  ...rest: [weights: Weights, options?: OpenOptions] | [options?: OpenOptions]
): Promise<Session> {
  const [weights, options = {}] = isWeights(rest[0]) ? [rest[0], rest[1]] : [undefined, rest[0]];
  checkOptions("open", options, ["engine", "device", "threads", "batch", "verify", "signal"]);
  const { engine = "onnx", device = "auto", threads, batch = 1, verify = true, signal } = options;
  checkDevice(engine, device);
  for (const [name, value = 1] of Object.entries({ threads, batch }))
    if (!(Number.isInteger(value) && value > 0))
      throw new CajalError(
        "bad-argument",
        `open, "${name}": got ${value}, expected a whole number of at least 1.`,
        { [name]: value },
      );
  signal?.throwIfAborted();

  const opened = await begin();
  if (signal?.aborted) await opened.free();
  signal?.throwIfAborted();
  return sessionOf(opened);

  function begin(): Promise<OpenedModel> {
    if (isOnnx(model)) {
      if (engine === "tfjs")
        throw new CajalError(
          "unsupported",
          "engine tfjs runs Keras models, not ONNX graphs. Use engine onnx, or give the model's config and its weights.",
          { engine },
        );
      return openOnOnnx(model, { device, threads, batch, verify });
    }
    if (!weights)
      throw new CajalError(
        "bad-argument",
        "open: got a Keras model without weights, expected open(model, weights, options). For random ones: initialize(model, { seed: 1 }).",
      );
    checkWeights(weights, weightSpecs(model));
    return engine === "onnx"
      ? openOnOnnx(toOnnx(model, weights), { device, threads, batch, verify })
      : openOnTfjs(model, weights, { device, verify });
  }
}

const isOnnx = (model: Model | OnnxModel | Uint8Array): model is OnnxModel | Uint8Array =>
  ArrayBuffer.isView(model) || "graph" in model;

/** By what a map can do, not by its class, as with errors. */
const isWeights = (value: Weights | OpenOptions | undefined): value is Weights =>
  typeof value === "object" && "get" in value && "keys" in value;
