// Opens a model on an engine and a device.
import { CajalError, checkOptions, optionsOf, showValue, type Weights } from "@cajal/core";
import { indexInputs, type Layer, type Model } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import type { DeviceChoice, EngineName } from "./device/device";
import { engineFor } from "./engines";
import { isKeras } from "./engines/engine";
import { isOnnx, kerasSource, modelArgument, weightsAndOptions } from "./modelArgument";
import { sessionOf, type Session } from "./session/session";
import { threadsFor } from "./session/threadsFor";

export interface OpenOptions {
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto". */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: `CAJAL_THREADS` of the environment, else one per core. */
  readonly threads?: number;
  /**
   * Whether dense kernels of 16 MiB and more are read from the memory of `weights`, engine onnx on the CPU
   * only. Otherwise ONNX Runtime stores a copy, in the order that it reads fastest. With sharing, VGG19 opens
   * in a third of the time and the process takes 1.7 times its weights instead of 2.3; a run takes 1 to 3 %
   * longer with one example, up to 11 % with two. Default false.
   */
  readonly shareKernels?: boolean;
  /**
   * Whether a GPU's results are compared with the CPU's first, as some drivers silently compute wrong results.
   * Engine onnx: this model, on a random example, at every opening. Engine tfjs: the operations that
   * networks use, once per process. Default true.
   */
  readonly verify?: boolean;
  /**
   * Definitions of custom layers of a Keras model, from `defineLayer` of @cajal/models. Engine tfjs needs their
   * `tfjs` form too.
   */
  readonly layers?: readonly Layer[];
  /**
   * Whether the model is opened and run once in a child process first, engine onnx in Node only: for untrusted
   * models. ONNX Runtime aborts on some, which would end this process, and is an error then. Costs the start
   * of a process and a second opening. Default false.
   */
  readonly isolate?: boolean;
  /**
   * Whether runs are on a thread of their own, engine onnx in Node only, webgpu excepted: the caller's thread can
   * prepare the next batch meanwhile. Costs a copy of what goes in, and of the weights while it opens.
   * "auto": where that can be. Default false.
   */
  readonly worker?: boolean | "auto";
  /** Aborts the opening; memory allocated so far is freed. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a Keras model.
 *
 * @param model a config: ours, or the JSON of Keras or TF.js, as an object or its text
 * @param weights `layer/weight` → tensor, e.g. `initialize(model, { seed: 1 })`. They must not be
 *   changed while the session is open.
 * @throws CajalError `bad-model`, `bad-shape`, `bad-argument` (model and weights do not fit),
 *   `unknown-name` (engine, device), `missing-peer` with the install command, `no-device` with the
 *   reason, `unsupported` (a layer that the engine lacks), `engine`
 */
export async function open(
  model: Model | string,
  weights: Weights,
  options?: OpenOptions,
): Promise<Session>;
/**
 * Opens an ONNX model: a graph, whose weights must not be changed while the session is open, or the bytes of
 * a file.
 *
 * @throws CajalError as above; `unsupported` on engine tfjs, which runs Keras models only
 */
export async function open(model: OnnxModel | Uint8Array, options?: OpenOptions): Promise<Session>;
export async function open(
  source: Model | OnnxModel | Uint8Array | string,
  ...rest: [weights: Weights, options?: OpenOptions] | [options?: OpenOptions]
): Promise<Session> {
  const [weights, options = {}] = weightsAndOptions("open", rest);
  const model = modelArgument("open", source);
  checkOptions("open", options, optionKinds);
  const { device = "auto", layers, signal } = options;
  const { shareKernels = false, isolate = false, verify = true, worker = false } = options;
  if (typeof worker !== "boolean" && worker !== "auto")
    throw new CajalError("bad-argument", `open: got worker ${showValue(worker)}, expected true, false or "auto".`); // prettier-ignore
  const engine = engineFor(options.engine, device);
  const threads = threadsFor("open", options.threads);
  signal?.throwIfAborted();
  const request = { device, threads, shareKernels, verify, isolate, worker, signal };
  const toOpen = isOnnx(model) ? model : kerasSource("open", model, { weights, layers });
  const opened = await engine.open(toOpen, request);
  if (signal?.aborted) await opened.free();
  signal?.throwIfAborted();
  return sessionOf(opened, isKeras(toOpen) ? indexInputs(toOpen.network) : []);
}

const optionKinds = optionsOf<OpenOptions>({
  engine: true,
  device: true,
  threads: true,
  shareKernels: "boolean",
  verify: "boolean",
  layers: "array",
  isolate: "boolean",
  worker: true,
  signal: "signal",
});
