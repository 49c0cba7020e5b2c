// A model opened for gradients on an engine and a device.
import {
  CajalError,
  checkOptions,
  checkTensor,
  optionsOf,
  showShape,
  type Tensor,
} from "@cajal/core";
import type { IndexInput, Layer } from "@cajal/models";
import type { BackwardRules, GraphBuilder, ValueInfo } from "@cajal/onnx";
import type { DeviceChoice, DeviceName, EngineName } from "../device/device";
import { checkFeeds } from "./checkFeeds";
import { lifetimeOf } from "./lifetime";
import type { RunOptions } from "./session";

export interface GradientOptions {
  /**
   * The value to differentiate: a layer of a Keras model by its path ("block1/conv"), a value of an ONNX graph by
   * its name. Default: the model's first output.
   */
  readonly of?: string;
  /**
   * What to differentiate with respect to: inputs, layers (values of a graph), and weights (`layer/weight` of a
   * Keras model, the name of an initializer). Default: all inputs of floating-point numbers. An empty list: a
   * forward run only.
   */
  readonly withRespectTo?: readonly string[];
  /**
   * Whether gradients by inputs and layers (values of a graph) are added up over the batch, [1, …] in place of [n, …]:
   * with `dy` the weight of each example, less to hand over than to add them up outside. Default false.
   */
  readonly summed?: boolean;
  /** Layers (values of a graph) whose outputs to return as well. */
  readonly values?: readonly string[];
  /**
   * Layers (values of a graph) whose outputs are fed instead of computed: the model is cut there. Inputs of the
   * model that are not needed then are not fed.
   */
  readonly feeds?: readonly string[];
  /**
   * Rules to use instead of gradients, by operator; or a function that makes them for the graph under
   * construction, to which it may add: inputs declared there are fed by their names. Engine onnx only.
   */
  readonly rules?: BackwardRules | ((g: GraphBuilder) => BackwardRules);
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto": what `open` takes; for engine tfjs in Node cpu, as wasm has no gradients of convolutions. */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: `CAJAL_THREADS` of the environment, else one per core. */
  readonly threads?: number;
  /** Definitions of custom layers of a Keras model. */
  readonly layers?: readonly Layer[];
  /** Aborts the opening. */
  readonly signal?: AbortSignal;
}

export interface GradientRunOptions extends RunOptions {
  /**
   * Gradient of the value, of its shape: the result is the gradient of Σ value · dy. Default: ones. A one-hot row
   * selects the score of a class.
   */
  readonly dy?: Tensor;
}

export interface GradientResult {
  /** The value that `of` names. */
  readonly value: Tensor;
  /** By the names in `values`. */
  readonly values: Readonly<Record<string, Tensor>>;
  /**
   * By the names in `withRespectTo`, each of the shape of the named value; zeros where the result does not depend
   * on it. At inference examples are independent, so row i of an input's gradient is that of example i; a
   * weight's gradient is the sum over the batch, and with `summed` any other's, too.
   */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/** A model opened for gradients. Owns the engine's memory: dispose it, or let `using` do so. */
export interface GradientSession {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** The inputs to feed: images and layers NHWC for a Keras model, as the graph states for an ONNX model. */
  readonly inputs: readonly ValueInfo[];
  /**
   * Channels in a block of the convolution kernels: with ONNX Runtime on a processor 8 (AVX2) or 16 (AVX-512); undefined
   * where there are no such kernels.
   */
  readonly block: number | undefined;
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

const runOptions = optionsOf<GradientRunOptions>({ dy: true, signal: "signal" });

/**
 * Checks `dy` against the value that it belongs to.
 *
 * @throws CajalError `bad-argument`, `bad-shape`
 */
export function checkDy(dy: Tensor, { dtype, shape }: Pick<ValueInfo, "dtype" | "shape">): void {
  if (dy.dtype !== dtype)
    throw new CajalError("bad-argument", `dy: got ${dy.dtype}, expected ${dtype}, as the value is.`, { got: dy.dtype, expected: dtype }); // prettier-ignore
  const fits =
    !shape ||
    (shape.length === dy.shape.length &&
      shape.every((extent, axis) => typeof extent !== "number" || extent === dy.shape[axis]));
  if (!fits)
    throw new CajalError("bad-shape", `dy: got ${showShape(dy.shape)}, expected ${showShape(shape)}, the shape of the value.`, { got: dy.shape, expected: shape }); // prettier-ignore
}

/** The options with defaults filled in, for engines. */
export interface GradientRequest extends GradientOptions {
  readonly values: readonly string[];
  readonly feeds: readonly string[];
  readonly device: DeviceChoice;
}

/** What an engine returns; {@link gradientSessionOf} makes a session of it. */
export interface OpenedGradient {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly inputs: readonly ValueInfo[];
  readonly block?: number | undefined;
  run(feeds: Readonly<Record<string, Tensor>>, dy: Tensor | undefined): Promise<GradientResult>;
  free(): void | Promise<void>;
}

/**
 * A gradient session: adds checks, aborting, disposal and errors, which are the same for all engines.
 *
 * @param tables the inputs that are looked up in tables
 */
export function gradientSessionOf(
  engineModel: OpenedGradient,
  tables: readonly IndexInput[],
): GradientSession {
  const { engine, device, inputs, block } = engineModel;
  const lifetime = lifetimeOf(engineModel);
  return {
    engine,
    device,
    inputs,
    block,
    async run(feeds, options = {}) {
      checkOptions("run", options, runOptions);
      const { dy, signal } = options;
      return lifetime.run(async () => {
        checkFeeds(feeds, inputs, tables);
        if (dy !== undefined) checkTensor(dy, "dy");
        return engineModel.run(feeds, dy);
      }, signal);
    },
    dispose: lifetime.dispose,
    [Symbol.dispose]: () => void lifetime.dispose(),
    [Symbol.asyncDispose]: lifetime.dispose,
  };
}
