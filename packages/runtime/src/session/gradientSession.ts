// A model opened for gradients on an engine and a device.
import type { Tensor } from "@cajal/core";
import type { Layer } from "@cajal/models";
import type { BackwardRules, GraphBuilder, ValueInfo } from "@cajal/onnx";
import type { DeviceChoice, DeviceName, EngineName } from "../device/device";
import { checkFeeds } from "./checkFeeds";
import { lifetimeOf } from "./lifetime";
import type { RunOptions } from "./session";

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

/** Adds to what an engine gives what is the same for all: checks, aborting, disposal, errors. */
export function gradientSessionOf(opened: OpenedGradient): GradientSession {
  const { engine, device, inputs } = opened;
  const lifetime = lifetimeOf(opened);
  return {
    engine,
    device,
    inputs,
    run: (feeds, { dy, signal } = {}) =>
      lifetime.run(async () => {
        checkFeeds(feeds, inputs);
        return opened.run(feeds, dy);
      }, signal),
    dispose: lifetime.dispose,
    [Symbol.dispose]: () => void lifetime.dispose(),
    [Symbol.asyncDispose]: lifetime.dispose,
  };
}
