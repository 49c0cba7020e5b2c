// A model opened on an engine and a device, and the checks of what is fed to it, the same on all.
import {
  CajalError,
  checkTensor,
  isCajalError,
  showShape,
  unknownName,
  type Tensor,
} from "@cajal/core";
import type { ValueInfo } from "@cajal/onnx";
import type { DeviceName, EngineName } from "./devices/device";

export interface RunOptions {
  /** Stops waiting for the result. What runs on the device already is not interrupted. */
  readonly signal?: AbortSignal;
}

/** An opened model. Owns the engine's memory: dispose it, or let `using` do so. */
export interface Session {
  readonly engine: EngineName;
  /** Where it runs, e.g. "cpu": never "auto" or "gpu". */
  readonly device: DeviceName;
  /** Names, types and shapes; images NHWC for a Keras model, as the graph says for an ONNX model. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * Runs a model that has one input; gives its first output.
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
  /** Frees the engine's memory, after the runs under way. Twice is as good as once. */
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an engine gives to be made a session. */
export interface OpenedModel {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Feeds are complete and of the right dtype and shape. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  free(): void | Promise<void>;
}

/** Adds to an engine's model what is the same for all: checks, aborting, disposal, errors. */
export function sessionOf(model: OpenedModel): Session {
  const { engine, device, inputs, outputs } = model;
  let disposal: Promise<void> | undefined;
  // Runs under way, so that disposal does not take their memory away.
  const running = new Set<Promise<unknown>>();

  async function run(
    feeds: Readonly<Record<string, Tensor>>,
    { signal }: RunOptions = {},
  ): Promise<Record<string, Tensor>> {
    signal?.throwIfAborted();
    if (disposal)
      throw new CajalError(
        "disposed",
        `this session (engine ${engine}, device ${device}) is disposed. Open the model again.`,
        { engine, device },
      );
    checkFeeds(feeds, inputs);
    const work = model.run(feeds).catch((cause: unknown) => {
      throw engineError(engine, `running on ${device}`, cause);
    });
    running.add(work);
    const done = () => void running.delete(work);
    work.then(done, done);
    return abortable(work, signal);
  }

  async function predict(x: Tensor, options?: RunOptions): Promise<Tensor> {
    const [input] = inputs;
    if (inputs.length !== 1 || !input)
      throw new CajalError(
        "bad-argument",
        `predict takes one input; this model has ${inputs.length}: ${inputs.map(({ name }) => name).join(", ")}. Use run({ name: tensor, … }).`,
        { inputs: inputs.map(({ name }) => name) },
      );
    const results = await run({ [input.name]: x }, options);
    return results[outputs[0]!.name]!;
  }

  function dispose(): Promise<void> {
    disposal ??= Promise.allSettled(running).then(() => model.free());
    return disposal;
  }

  return {
    engine,
    device,
    inputs,
    outputs,
    predict,
    run,
    dispose,
    [Symbol.dispose]: () => void dispose(),
    [Symbol.asyncDispose]: dispose,
  };
}

/**
 * Checks that `feeds` has a tensor of the right dtype and shape for each of `inputs`, and no others.
 *
 * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name`, naming the input and both shapes
 */
export function checkFeeds(
  feeds: Readonly<Record<string, Tensor>>,
  inputs: readonly ValueInfo[],
): void {
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(feeds))
    if (!names.includes(name)) throw unknownName("input of the model", name, names);
  const sizes = new Map<string, { size: number; input: string }>();
  for (const { name, dtype, shape } of inputs) {
    const fed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    const expected = `${dtype} ${shape ? showShape(shape) : "of any shape"}`;
    if (!fed)
      throw new CajalError("bad-argument", `input "${name}": got nothing, expected ${expected}.`, {
        input: name,
        expected: { dtype, shape },
      });
    checkTensor(fed, `input "${name}"`);
    const facts = {
      input: name,
      got: { dtype: fed.dtype, shape: fed.shape },
      expected: { dtype, shape },
    };
    const got = `${fed.dtype} ${showShape(fed.shape)}`;
    if (fed.dtype !== dtype)
      throw new CajalError(
        "bad-argument",
        `input "${name}": got ${got}, expected ${expected}. Nothing is converted in silence: ` +
          `make it ${dtype} first, scaled as the model was trained (pixels 0–255 are often divided by 255): ` +
          `tensor("${dtype}", x.shape, x.data).`,
        facts,
      );
    if (!shape) continue;
    const mismatch = (why: string) =>
      new CajalError(
        "bad-shape",
        `input "${name}": got ${got}, expected ${expected}${why}.`,
        facts,
      );
    if (shape.length !== fed.shape.length)
      throw mismatch(
        shape.length === fed.shape.length + 1
          ? `: ${shape.length} axes, the first of them the batch`
          : "",
      );
    for (const [axis, extent] of shape.entries()) {
      const given = fed.shape[axis]!;
      if (typeof extent === "number" && extent !== given) throw mismatch(`: axis ${axis} differs`);
      // A free extent that several inputs share, such as the batch, is the same in all of them.
      if (typeof extent !== "string") continue;
      const known = sizes.get(extent);
      if (known && known.size !== given)
        throw mismatch(`: "${extent}" is ${known.size} in input "${known.input}"`);
      sizes.set(extent, { size: given, input: name });
    }
  }
}

/** What went wrong inside an engine, as our error; our own errors pass as they are. */
export function engineError(engine: EngineName, doing: string, cause: unknown): CajalError {
  if (isCajalError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CajalError(
    "engine",
    `engine ${engine}, ${doing}: ${message}`,
    { engine, doing },
    { cause },
  );
}

/** `work`, or a rejection with the signal's reason as soon as that is aborted. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    // A failure after the abort changes nothing any more, and is handled here.
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
