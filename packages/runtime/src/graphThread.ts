// Where a training step's graphs run: on the caller's thread, or on one of their own, which leaves the
// caller's event loop free (in Node; ONNX Runtime occupies the thread that calls it).
import { CajalError, type Tensor } from "@cajal/core";
import { encodeModelForMemory, type OnnxModel } from "@cajal/onnx";
import { inNode, type DeviceName } from "./device";
import { fromOrt, onnxRuntime, sessionOptions, toOrt } from "./onnxRuntime";
import { engineError } from "./session";

type Tensors = Readonly<Record<string, Tensor>>;

export interface GraphThread {
  /** Whether arrays that are given to `run` are gone until it gives them back. */
  readonly moves: boolean;
  /** @throws CajalError `engine` */
  open(model: OnnxModel): Promise<OpenedGraph>;
  /** Ends the thread and all that runs on it; graphs are released before. */
  end(): Promise<void>;
}

export interface OpenedGraph {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * @param fetches where to write each output; null: into memory of its own
   * @throws CajalError `engine` where the thread is lost, and all that it was given
   */
  run(feeds: Tensors, fetches: Readonly<Record<string, Tensor | null>>): Promise<Run>;
  release(): Promise<void>;
}

/** What was given comes back either way. */
export type Run =
  | { readonly results: Tensors; readonly feeds: Tensors; readonly error?: undefined }
  | {
      readonly error: unknown;
      readonly feeds: Tensors;
      readonly fetches: Readonly<Record<string, Tensor | null>>;
    };

export interface GraphThreadOptions {
  readonly device: DeviceName;
  readonly threads?: number | undefined;
}

/**
 * A planned layout of memory is kept beside the arena of the first run: a third more in all
 * (ResNet50, batch 8: 2.4 GB for 1.6), and no faster.
 */
const further = { enableMemPattern: false };

/** The caller's own thread. */
export function sameThread(options: GraphThreadOptions): GraphThread {
  return {
    moves: false,
    async open(model) {
      const { ort, session } = await onnxRuntime(model, { ...options, session: further });
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        async run(feeds, fetches) {
          try {
            const results = await session.run(
              mapped(feeds, (tensor) => toOrt(ort, tensor)),
              mapped(fetches, (tensor) => tensor && toOrt(ort, tensor)),
            );
            return { results: mapped(results, fromOrt), feeds };
          } catch (error) {
            return { error, feeds, fetches };
          }
        },
        release: () => session.release(),
      };
    },
    end: async () => {},
  };
}

/**
 * A thread of its own, begun at once. It does not keep the process alive while it has nothing to do.
 *
 * @throws CajalError `unsupported` outside of Node, and for device wasm
 */
export function workerThread({ device, threads }: GraphThreadOptions): GraphThread {
  if (!inNode || device === "wasm")
    throw new CajalError(
      "unsupported",
      `worker: training on a thread of its own needs Node and a native device; this is ${inNode ? `device ${device}` : "a browser"}. Leave the option out, or make a Web Worker of your own.`,
      { device },
    );
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  // Beside the sources, and beside the build.
  const file = new URL(/* @vite-ignore */ /* webpackIgnore: true */ "./graphWorker.js", import.meta.url); // prettier-ignore
  const worker = new Worker(file);
  worker.unref();
  let waiting: { resolve(value: unknown): void; reject(error: unknown): void } | undefined;
  let lost: unknown;
  let last: Promise<unknown> = Promise.resolve();
  const settle = (body: (caller: NonNullable<typeof waiting>) => void) => {
    const caller = waiting;
    waiting = undefined;
    worker.unref();
    if (caller) body(caller);
  };
  const lose = (cause: unknown) => {
    lost ??= cause;
    settle(({ reject }) => reject(lost));
  };
  worker.on("error", lose);
  worker.on("exit", () => lose(new Error("its thread has ended.")));
  worker.on("message", ({ value, error }: { value?: unknown; error?: unknown }) =>
    settle(({ resolve, reject }) => (error === undefined ? resolve(value) : reject(error))),
  );

  /** Asks one thing after the other. */
  function ask<T>(what: string, request: object, moved: ArrayBuffer[] = []): Promise<T> {
    const asked = last.then(
      () =>
        new Promise<T>((resolve, reject) => {
          if (lost !== undefined) return reject(lost);
          waiting = { resolve: (value) => resolve(value as T), reject };
          worker.ref();
          worker.postMessage({ what, request }, moved);
        }),
    );
    last = asked.catch(() => {});
    return asked;
  }

  return {
    moves: true,
    async open(model) {
      const { model: bytes, externalData } = encodeModelForMemory(model);
      const options = { ...sessionOptions({ device, threads }), ...further, externalData };
      type Opened = { number: number; inputNames: string[]; outputNames: string[] };
      const { number, inputNames, outputNames } = await ask<Opened>("open", {
        model: bytes,
        options,
      }).catch((cause: unknown) => {
        throw engineError("onnx", `opening on ${device}, on a thread of its own`, cause);
      });
      return {
        inputNames,
        outputNames,
        run: (feeds, fetches) =>
          ask<Run>("run", { number, feeds, fetches }, buffersOf(feeds, fetches)).catch(
            (cause: unknown) => {
              throw engineError("onnx", "a training step on a thread of its own", cause);
            },
          ),
        release: () => ask<void>("release", { number }),
      };
    },
    async end() {
      await worker.terminate();
    },
  };
}

/** The memory of tensors, each piece once. */
const buffersOf = (...groups: Readonly<Record<string, Tensor | null>>[]): ArrayBuffer[] => [
  ...new Set(
    groups.flatMap((tensors) =>
      Object.values(tensors).flatMap((tensor) =>
        tensor ? [tensor.data.buffer as ArrayBuffer] : [],
      ),
    ),
  ),
];

function mapped<T, U>(
  values: Readonly<Record<string, T>>,
  body: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, body(value, name)]),
  );
}
