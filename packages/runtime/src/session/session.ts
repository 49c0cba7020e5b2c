// A model opened on an engine and a device.
import { CajalError, type Tensor } from "@cajal/core";
import type { ValueInfo } from "@cajal/onnx";
import { checkFeeds } from "./checkFeeds";
import { lifetimeOf } from "./lifetime";
import type { DeviceName, EngineName } from "../device/device";

export interface RunOptions {
  /** Stops waiting for the result. A run on the device is not interrupted. */
  readonly signal?: AbortSignal;
}

/** An opened model. Owns the engine's memory: dispose it, or let `using` do so. */
export interface Session {
  readonly engine: EngineName;
  /** Where it runs, e.g. "cpu": never "auto" or "gpu". */
  readonly device: DeviceName;
  /** Names, types and shapes; images NHWC for a Keras model, as the graph states for an ONNX model. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * Runs a model that has one input; returns its first output.
   *
   * @param x of the input's dtype and shape, e.g. float32 `[batch, 28, 28, 1]`
   * @throws CajalError `bad-argument`, `bad-shape` when `x` does not fit; `disposed`; `engine`
   */
  predict(x: Tensor, options?: RunOptions): Promise<Tensor>;
  /**
   * Runs a model with any number of inputs.
   *
   * @param feeds a tensor for each input, by its name
   * @returns a tensor for each output, by its name
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: RunOptions,
  ): Promise<Record<string, Tensor>>;
  /** Frees the engine's memory, after the runs in progress. Idempotent. */
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an engine returns; {@link sessionOf} makes a session of it. */
export interface OpenedModel {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Feeds are checked: complete, and of the right dtype and shape. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  free(): void | Promise<void>;
}

/** A session: adds checks, aborting, disposal and errors, which are the same for all engines. */
export function sessionOf(model: OpenedModel): Session {
  const { engine, device, inputs, outputs } = model;
  const lifetime = lifetimeOf(model);

  const run: Session["run"] = (feeds, { signal } = {}) =>
    lifetime.run(async () => {
      checkFeeds(feeds, inputs);
      return model.run(feeds);
    }, signal);

  const predict: Session["predict"] = async (x, options) => {
    const [input] = inputs;
    if (inputs.length !== 1 || !input)
      throw new CajalError(
        "bad-argument",
        `predict takes one input; this model has ${inputs.length}: ${inputs.map(({ name }) => name).join(", ")}. Use run({ name: tensor, … }).`,
        { inputs: inputs.map(({ name }) => name) },
      );
    const results = await run({ [input.name]: x }, options);
    return results[outputs[0]!.name]!;
  };

  return {
    engine,
    device,
    inputs,
    outputs,
    predict,
    run,
    dispose: lifetime.dispose,
    [Symbol.dispose]: () => void lifetime.dispose(),
    [Symbol.asyncDispose]: lifetime.dispose,
  };
}
