// A model opened on an engine and a device.
import {
  arrayTypes,
  CajalError,
  checkOptions,
  isNumbers,
  optionsOf,
  tensorOf,
  type DType,
  type Numbers,
  type Tensor,
} from "@cajal/core";
import type { IndexInput } from "@cajal/models";
import type { ValueInfo } from "@cajal/onnx";
import { batchedRun, type BatchedOptions } from "./batched";
import { checkFeeds } from "./checkFeeds";
import { lifetimeOf } from "./lifetime";
import type { DeviceName, EngineName } from "../device/device";

export interface RunOptions {
  /** Stops waiting for the result. A run on the device is not interrupted. */
  readonly signal?: AbortSignal;
}

const runOptions = optionsOf<RunOptions>({ signal: "signal" });

/** Runs requests of many callers together: see {@link Session.batched}. */
export interface BatchedSession {
  /**
   * As {@link Session.predict}.
   *
   * @param x one example or a few, with their batch axis; not to be changed before the result is there
   * @param options.signal takes the request out of the queue, or, while it runs, only stops waiting for it
   */
  predict(x: Tensor | Numbers, options?: RunOptions): Promise<Tensor>;
  /** As {@link Session.run}; all inputs have the same number of examples. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: RunOptions,
  ): Promise<Record<string, Tensor>>;
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
   * @param x of the input's dtype and shape, e.g. float32 `[batch, 28, 28, 1]`; or numbers in nested arrays, of which
   *   `tensorOf` makes one of that dtype. Not to be changed before the result is there: what runs may read its memory
   * @throws CajalError `bad-argument`, `bad-shape` when `x` does not fit; `disposed`; `engine`
   */
  predict(x: Tensor | Numbers, options?: RunOptions): Promise<Tensor>;
  /**
   * Runs a model with any number of inputs.
   *
   * @param feeds a tensor for each input, by its name; not to be changed before the results are there
   * @returns a tensor for each output, by its name
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: RunOptions,
  ): Promise<Record<string, Tensor>>;
  /**
   * Dynamic batching, for a server: joins the requests of callers who come at the same time with one example or a
   * few along the batch axis, runs them together, and gives each its own rows. Results are those of single runs, but
   * for rounding: the model must compute each example by itself.
   *
   * - Runs are one after the other; requests are served in the order of their calls, and wait for no others than those
   *   before them, but for those of other shapes that fill a run before maxDelay is over.
   * - Requests whose shapes differ beyond the batch are not joined, each shape has runs of its own.
   * - A request of more than maxBatch examples is run in parts. None of fewer is split.
   * - One that does not fit the model is refused alone, before it waits; a run that fails rejects those in it.
   * - It owns nothing and needs no disposal. Disposing of the session serves those who wait, at once.
   *
   * @throws CajalError `unsupported` for a model whose inputs or outputs have no free batch axis; where an output does not
   *   say by a name that its first axis is the inputs', the first run finds out, with one example and with two
   */
  batched(options?: BatchedOptions): BatchedSession;
  /** Frees the engine's memory, after the runs in progress. Idempotent. */
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface EngineRunOptions {
  /** The arrays fed are nobody else's, so that a thread may be given them, not copies. */
  readonly handOver?: boolean;
}

/** What an engine returns; {@link sessionOf} makes a session of it. */
export interface OpenedModel {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Feeds are checked: complete, and of the right dtype and shape. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: EngineRunOptions,
  ): Promise<Record<string, Tensor>>;
  free(): void | Promise<void>;
}

/**
 * A session: adds checks, aborting, disposal and errors, which are the same for all engines.
 *
 * @param tables the inputs that are looked up in tables
 */
export function sessionOf(model: OpenedModel, tables: readonly IndexInput[]): Session {
  const { engine, device, inputs, outputs } = model;
  const lifetime = lifetimeOf(model);

  const run: Session["run"] = async (feeds, options = {}) => {
    checkOptions("run", options, runOptions);
    return lifetime.run(async () => {
      checkFeeds(feeds, inputs, tables);
      return model.run(feeds);
    }, options.signal);
  };

  return {
    engine,
    device,
    inputs,
    outputs,
    predict: predictBy(run, model),
    run,
    batched(options = {}) {
      const join = batchedRun(model, lifetime, options, tables);
      const runJoined: Session["run"] = async (feeds, options = {}) => {
        checkOptions("run", options, runOptions);
        return join(feeds, options.signal);
      };
      return { predict: predictBy(runJoined, model), run: runJoined };
    },
    dispose: lifetime.dispose,
    [Symbol.dispose]: () => void lifetime.dispose(),
    [Symbol.asyncDispose]: lifetime.dispose,
  };
}

const predictBy =
  (run: Session["run"], { inputs, outputs }: OpenedModel): Session["predict"] =>
  async (x, options) => {
    const [input] = inputs;
    if (inputs.length !== 1 || !input)
      throw new CajalError(
        "bad-argument",
        `predict takes one input; this model has ${inputs.length}: ${inputs.map(({ name }) => name).join(", ")}. Use run({ name: tensor, … }).`,
        { inputs: inputs.map(({ name }) => name) },
      );
    const tensor = isNumbers(x) ? tensorOf(x, numbersOf(input), `input "${input.name}"`) : x;
    const results = await run({ [input.name]: tensor }, options);
    return results[outputs[0]!.name]!;
  };

/** The dtype that numbers become. */
function numbersOf({ name, dtype }: ValueInfo): DType {
  if (Object.hasOwn(arrayTypes, dtype) && dtype !== "float16") return dtype as DType;
  throw new CajalError(
    "bad-argument",
    `input "${name}": got numbers, expected a tensor of ${dtype}.`,
    { input: name, dtype },
  );
}
