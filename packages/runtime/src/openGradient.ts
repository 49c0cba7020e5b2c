// Opens a model for gradients: any of its values by any others.
import { CajalError, checkOptions, type Tensor, type Weights } from "@cajal/core";
import { weightSpecs, type Layer, type Model } from "@cajal/models";
import type { BackwardRules, GraphBuilder, OnnxModel, ValueInfo } from "@cajal/onnx";
import { checkDevice, type DeviceChoice, type DeviceName, type EngineName } from "./devices/device";
import { abortable, checkFeeds, engineError, type RunOptions } from "./session";
import { graphOrConfig } from "./modelArgument";
import { checkWeights } from "./step/checks";
import { checkThreads } from "./threads";

export interface GradientOptions {
  /**
   * What is differentiated: a layer of a Keras model by its path ("block1/conv"), a value of an ONNX graph
   * by its name. Default: the model's first output.
   */
  readonly of?: string;
  /**
   * By what: inputs, layers (values of a graph) and weights, `layer/weight` of a Keras model or an
   * initializer's name. Default: all inputs. None is a run forwards alone.
   */
  readonly withRespectTo?: readonly string[];
  /** Layers (values of a graph) whose outputs are wanted too. */
  readonly values?: readonly string[];
  /**
   * Layers (values of a graph) whose outputs are fed in place of being computed: the model is cut there.
   * Inputs of the model that nothing needs then are not fed.
   */
  readonly feeds?: readonly string[];
  /**
   * What goes backwards in place of gradients, by operator; or who makes the rules of the graph that is
   * being built, and may add to it: inputs declared there are fed by their names. Engine onnx only.
   */
  readonly rules?: BackwardRules | ((g: GraphBuilder) => BackwardRules);
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto": what `open` takes; for engine tfjs in Node cpu, as wasm has no gradients of convolutions. */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: one a core. */
  readonly threads?: number;
  /** Definitions of layers of your own that a Keras model has. */
  readonly layers?: readonly Layer[];
  /** Ends the opening. */
  readonly signal?: AbortSignal;
}

export interface GradientRunOptions extends RunOptions {
  /**
   * What the gradients are of: the sum of the value's elements times these, of its shape. Default: ones. A
   * row of zeros with one 1 picks a class's score.
   */
  readonly dy?: Tensor;
}

export interface GradientResult {
  /** What `of` names. */
  readonly value: Tensor;
  /** By the names in `values`. */
  readonly values: Readonly<Record<string, Tensor>>;
  /**
   * By the names in `withRespectTo`, each of the shape of what it is the gradient by; zeros where the value
   * does not depend on it. Examples do not meet in a network at inference, so row i of an input's gradient is
   * that of example i; a weight's is the sum over the batch.
   */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/** A model opened for gradients. Owns the engine's memory: dispose it, or let `using` do so. */
export interface GradientSession {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** What is fed: images and layers NHWC for a Keras model, as the graph says for an ONNX model. */
  readonly inputs: readonly ValueInfo[];
  /**
   * @param feeds a tensor for each input, by its name. A new combination of shapes compiles the graph anew;
   *   the last few are kept.
   * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name`; `disposed`; `engine`
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: GradientRunOptions,
  ): Promise<GradientResult>;
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The options with what they are by default, as an engine takes them. */
export interface GradientRequest extends GradientOptions {
  readonly values: readonly string[];
  readonly feeds: readonly string[];
  readonly device: DeviceChoice;
}

/** What an engine gives to be made a gradient session. */
export interface OpenedGradient {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly inputs: readonly ValueInfo[];
  run(feeds: Readonly<Record<string, Tensor>>, dy: Tensor | undefined): Promise<GradientResult>;
  free(): void | Promise<void>;
}

/**
 * Opens a Keras model for gradients at inference: its normalizations keep their statistics, its dropouts
 * drop nothing.
 *
 * @param weights `layer/weight` → tensor; they must not change while the session lives
 * @throws CajalError as `open`; `unknown-name` for a layer or weight that is not there; `unsupported` for an
 *   operator without a gradient: the message names it
 * @example
 * const session = await openGradient(model, weights, { of: "logits", withRespectTo: ["image", "conv5"] });
 * const { value, gradients } = await session.run({ image }, { dy: tensor("float32", [1, 3], [0, 1, 0]) });
 */
export async function openGradient(
  model: Model | string,
  weights: Weights,
  options?: GradientOptions,
): Promise<GradientSession>;
/**
 * Opens an ONNX graph for gradients, of any value by any other, by their names.
 *
 * @throws CajalError as above; `unsupported` on engine tfjs
 */
export async function openGradient(
  model: OnnxModel | Uint8Array,
  options?: GradientOptions,
): Promise<GradientSession>;
export async function openGradient(
  argument: Model | OnnxModel | Uint8Array | string,
  ...rest: [weights: Weights, options?: GradientOptions] | [options?: GradientOptions]
): Promise<GradientSession> {
  const [weights, options = {}] = isWeights(rest[0]) ? [rest[0], rest[1]] : [undefined, rest[0]];
  const model = graphOrConfig("openGradient", argument);
  checkOptions("openGradient", options, [
    "of",
    "withRespectTo",
    "values",
    "feeds",
    "rules",
    "engine",
    "device",
    "threads",
    "layers",
    "signal",
  ]);
  const { engine = "onnx", device = "auto", threads, layers, signal } = options;
  checkDevice(engine, device);
  checkThreads("openGradient", threads);
  const request = { values: [], feeds: [], ...options, device };
  signal?.throwIfAborted();
  const opened = await begin();
  if (signal?.aborted) await opened.free();
  signal?.throwIfAborted();
  return gradientSessionOf(opened);

  async function begin(): Promise<OpenedGradient> {
    const { openGradientOnOnnx } = await import("./engines/onnx/gradient");
    if ("graph" in model) {
      if (engine !== "onnx")
        throw new CajalError(
          "unsupported",
          `engine ${engine} runs Keras models, not ONNX graphs. Use engine onnx, or give the model's config and its weights.`,
          { engine },
        );
      return openGradientOnOnnx({ graph: model }, request);
    }
    if (!weights)
      throw new CajalError(
        "bad-argument",
        "openGradient: got a Keras model without weights, expected openGradient(model, weights, options). For random ones: initialize(model, { seed: 1 }).",
      );
    checkWeights(weights, weightSpecs(model, { layers }));
    if (engine === "onnx") return openGradientOnOnnx({ model, weights }, request);
    const { openGradientOnTfjs } = await import("./engines/tfjs/gradient");
    return openGradientOnTfjs(model, weights, request);
  }
}

const isWeights = (value: Weights | GradientOptions | undefined): value is Weights =>
  typeof value === "object" && value !== null && "get" in value && "keys" in value;

function gradientSessionOf(opened: OpenedGradient): GradientSession {
  const { engine, device, inputs } = opened;
  let disposal: Promise<void> | undefined;
  const running = new Set<Promise<unknown>>();
  function dispose(): Promise<void> {
    disposal ??= Promise.allSettled(running).then(() => opened.free());
    return disposal;
  }
  return {
    engine,
    device,
    inputs,
    async run(feeds, { dy, signal } = {}) {
      signal?.throwIfAborted();
      if (disposal)
        throw new CajalError(
          "disposed",
          `this session (engine ${engine}, device ${device}) is disposed. Open the model again.`,
          { engine, device },
        );
      checkFeeds(feeds, inputs);
      const work = opened.run(feeds, dy).catch((cause: unknown) => {
        throw engineError(engine, `running on ${device}`, cause);
      });
      running.add(work);
      const done = () => void running.delete(work);
      work.then(done, done);
      return abortable(work, signal);
    },
    dispose,
    [Symbol.dispose]: () => void dispose(),
    [Symbol.asyncDispose]: dispose,
  };
}
