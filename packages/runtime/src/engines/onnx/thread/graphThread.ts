// Where graphs run: on the caller's thread, or on one of their own, which leaves the caller's event loop free (in Node;
// ONNX Runtime occupies the thread that calls it).
import { CajalError, type Tensor } from "@cajal/core";
import type { OnnxModel } from "@cajal/onnx";
import type { InferenceSession } from "onnxruntime-common";
import type { MessagePort } from "node:worker_threads";
import { inNode, type DeviceName } from "../../../device/device";
import { deviceHost } from "./deviceHost.js";
import { closeAtExit } from "./closeAtExit";
import { close, exitLock } from "./exitLock.js";
import { graphHost, nothing, type GraphHost, type Ref, type RunRequest } from "./graphHost.js";
import { helpers, type PartsRequest, type PartsResult } from "./helpers.js";
import { needsChildProcess } from "../childProcess";
import { onnxRuntime, sessionOptions } from "../onnxRuntime";
import { throughFiles } from "../throughFiles";
import { keepsOnDevice } from "../provider";
import { inMemory, namesOf, prepareGraph } from "./prepareGraph";
import { engineError } from "../../../session/engineError";

/** What fails is a CajalError `engine`; where the thread is lost, so is all that it keeps. */
export interface GraphThread {
  /**
   * @param storedOutputs outputs that its runs write into what is kept, each of the shape that is read of it
   * @param options.threads of its operators, where they are other than those of the rest
   */
  open(
    model: OnnxModel,
    storedOutputs?: readonly string[],
    options?: { readonly threads?: number | undefined },
  ): Promise<OpenedGraph>;
  /** @param arrays are the thread's from now on */
  put(arrays: Parameters<GraphHost["put"]>[0]): Promise<void>;
  zero(lengths: Parameters<GraphHost["zero"]>[0]): Promise<void>;
  take(refs: readonly Ref[]): Promise<Float32Array[]>;
  /** Begins a thread that helps this one, on device cpu in Node: it computes parts in {@link GraphThread.runParts}. */
  addHelper(): Promise<GraphThread>;
  /** Runs the parts of a step, of which the others are graphs that its helpers have opened, and the update. */
  runParts(request: PartsRequest<OpenedGraph>): Promise<PartsResult>;
  /** Whether a thread of its own has ended, by itself or otherwise. */
  readonly hasEnded: boolean;
  /** Ends the thread and all that runs on it; graphs are released before. */
  end(): Promise<void>;
}

export interface OpenedGraph extends Pick<InferenceSession, "inputMetadata" | "outputMetadata"> {
  /** Its number, on a thread of its own. */
  readonly number?: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** @param options.handOver the arrays fed are the thread's from now on; else it has copies of them */
  run(
    request: RunRequest,
    options?: { readonly handOver?: boolean },
  ): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

export interface GraphThreadOptions {
  readonly device: DeviceName;
  readonly threads?: number | undefined;
  /** What its graphs are for, in errors; default "a training step". */
  readonly purpose?: string;
  /** Further options of ONNX Runtime's sessions. */
  readonly session?: InferenceSession.SessionOptions;
}

/** Threads that help another, which is given the ports to them. */
function helperThreads(device: DeviceName, connect: (port: MessagePort) => Promise<void>) {
  const all: GraphThread[] = [];
  return {
    async add() {
      const { MessageChannel } = process.getBuiltinModule("node:worker_threads");
      const { port1, port2 } = new MessageChannel();
      const thread = workerThread({ device, threads: 1 }, port2);
      all.push(thread);
      await connect(port1);
      return thread;
    },
    async endAll() {
      await Promise.all(all.map((thread) => thread.end()));
    },
  };
}

/** The caller's own thread. */
export function callerThread(options: GraphThreadOptions): GraphThread {
  const { device, purpose = "a training step" } = options;
  const host = keepsOnDevice(device) ? deviceHost() : graphHost();
  const helping = "end" in host ? undefined : helpers(host);
  const graphs = new WeakMap<OpenedGraph, Parameters<GraphHost["run"]>[0]>();
  const stepFailed = throwEngineError(`${purpose} on ${device}`);
  const { add, endAll } = helperThreads(device, async (port) => helping?.connect(port));
  return {
    async open(model, storedOutputs = [], { threads = options.threads } = {}) {
      const { prepared, prelude, session: graphOptions, ...rest } = await prepareGraph(model, storedOutputs, device); // prettier-ignore
      const { bytes, externalData } = inMemory(prepared, prelude);
      const { ort, session } = await onnxRuntime(bytes, { ...options, threads, session: { ...options.session, ...graphOptions, externalData } }); // prettier-ignore
      const graph = { ort, session, ...rest };
      const opened: OpenedGraph = {
        inputNames: session.inputNames,
        outputNames: namesOf(model.graph.outputs),
        ...metadataOf(session),
        run: (request) => host.run(graph, request).catch(stepFailed),
        release: () => session.release(),
      };
      graphs.set(opened, graph);
      return opened;
    },
    put: async (arrays) => host.put(arrays),
    zero: async (lengths) => host.zero(lengths),
    take: async (refs) => host.take(refs),
    addHelper: add,
    runParts: ({ first, update, ...request }) =>
      helping!
        .run({
          ...request,
          first: { ...first, graph: graphs.get(first.graph)! },
          update: { ...update, graph: graphs.get(update.graph)! },
        })
        .catch(stepFailed),
    hasEnded: false,
    async end() {
      await endAll();
      if ("end" in host) await host.end();
    },
  };
}

/** Beside the sources, and beside the build. */
const workerFile = () => new URL(/* @vite-ignore */ /* webpackIgnore: true */ "./graphWorker.js", import.meta.url); // prettier-ignore

/** Whether {@link workerThread} has all that it needs; a bundle may have left its file behind. */
export function hasWorkerThread(device: DeviceName): boolean {
  if (!inNode || device === "wasm" || needsChildProcess()) return false;
  const file = workerFile();
  return file.protocol === "file:" && process.getBuiltinModule("node:fs").existsSync(file);
}

/**
 * A thread of its own, begun at once. It does not keep the process alive while it has nothing to do. (Of a thread that
 * somebody may end: there graphs run in a process of their own anyway.)
 *
 * @throws CajalError `unsupported` outside of Node, and for device wasm
 */
export function workerThread(options: GraphThreadOptions, helped?: MessagePort): GraphThread {
  const { device, purpose = "a training step", session: ownOptions } = options;
  if (!inNode || device === "wasm")
    throw new CajalError(
      "unsupported",
      `worker: a thread of its own needs Node and a native device; this is ${inNode ? `device ${device}` : "a browser"}. Leave the option out, or make a Web Worker of your own.`,
      { device },
    );
  if (needsChildProcess()) return callerThread(options);
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const lock = exitLock();
  const worker = new Worker(workerFile(), {
    workerData: { lock, onDevice: keepsOnDevice(device), helped },
    transferList: helped ? [helped] : [],
  });
  worker.unref();
  const forgetLock = closeAtExit(lock);
  /** In the order in which the thread answers, which is that in which it was asked. */
  const pending: { resolve(value: unknown): void; reject(error: unknown): void }[] = [];
  let exitCause: unknown;
  let last: Promise<unknown> = Promise.resolve();
  const failPending = (cause: unknown) => {
    exitCause ??= cause;
    forgetLock();
    worker.unref();
    for (const { reject } of pending.splice(0)) reject(exitCause);
  };
  worker.on("error", failPending);
  worker.on("exit", () => failPending(new Error("its thread has ended.")));
  worker.on("message", ({ value, error }: { value?: unknown; error?: unknown }) => {
    const caller = pending.shift();
    if (pending.length === 0) worker.unref();
    if (error === undefined) caller?.resolve(value);
    else caller?.reject(error);
  });

  /** What is asked while the thread computes lies there when it is done. */
  function ask<T>(
    what: string,
    request: object,
    transfer: (ArrayBufferLike | MessagePort)[] = [],
  ): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      if (exitCause !== undefined) return reject(exitCause);
      worker.postMessage({ what, request }, transfer as (ArrayBuffer | MessagePort)[]);
      pending.push({ resolve: (value) => resolve(value as T), reject });
      worker.ref();
    });
    // Without its value: answers are large.
    const ended = () => {};
    last = answer.then(ended, ended);
    return answer;
  }

  const stepFailed = throwEngineError(`${purpose} on ${device}, on a thread of its own`);
  const { add, endAll } = helperThreads(device, (port) => ask<void>("connect", port, [port]));
  return {
    async open(model, storedOutputs = [], { threads = options.threads } = {}) {
      const { prepared, prelude, session, ...graph } = await prepareGraph(model, storedOutputs, device); // prettier-ignore
      type Opened = { number: number; inputNames: string[] } & Metadata;
      const openFile = (file: string | Uint8Array, more: InferenceSession.SessionOptions = {}) => {
        const options = { ...sessionOptions({ device, threads }), ...ownOptions, ...session, ...more }; // prettier-ignore
        return ask<Opened>("open", { model: file, options, ...graph }).catch(
          throwEngineError(`opening on ${device}, on a thread of its own`),
        );
      };
      const openInMemory = () => {
        const { bytes, externalData } = inMemory(prepared, prelude);
        return openFile(bytes, { externalData });
      };
      const { number, inputNames, ...metadata } =
        (await throughFiles(prepared, openFile, { prelude })) ?? (await openInMemory());
      return {
        number,
        inputNames,
        outputNames: namesOf(model.graph.outputs),
        ...metadataOf(metadata),
        run({ feeds, ...request }, { handOver = false } = {}) {
          const handed = handOver ? feeds : copiesOf(feeds);
          return ask<Feeds>("run", { number, feeds: handed, ...request }, buffersOf(handed)).catch(
            stepFailed,
          );
        },
        release: () => ask<void>("release", { number }),
      };
    },
    put: (arrays) => ask<void>("put", arrays, Object.values(arrays).map(({ buffer }) => buffer)).catch(stepFailed), // prettier-ignore
    zero: (lengths) => ask<void>("zero", lengths).catch(stepFailed),
    take: (refs) => ask<Float32Array[]>("take", refs).catch(stepFailed),
    addHelper: add,
    runParts({ first, others, update, handed }) {
      const copies = [first, ...others].map(({ feeds }) => copiesOf(feeds));
      return ask<PartsResult>(
        "runParts",
        {
          first: { ...first, graph: first.graph.number, feeds: copies[0] },
          others: others.map((part, i) => ({ ...part, feeds: copies[i + 1] })),
          update: { ...update, graph: update.graph.number },
          handed,
        },
        copies.flatMap(buffersOf),
      ).catch(stepFailed);
    },
    get hasEnded() {
      return exitCause !== undefined;
    },
    async end() {
      await last;
      // What it waits for it has to get first.
      await endAll();
      close(lock);
      await worker.terminate();
    },
  };
}

type Feeds = RunRequest["feeds"];

/** Of an array that is part of a larger one, all of it would travel. */
const copiesOf = (feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [name, { ...value, data: value.data.slice() }]),
  );

const buffersOf = (feeds: Feeds) => Object.values(feeds).map(({ data }) => data.buffer);

type Metadata = Pick<InferenceSession, "inputMetadata" | "outputMetadata">;

/** Of what the graph itself has. */
const metadataOf = ({ inputMetadata, outputMetadata }: Metadata): Metadata => ({
  inputMetadata,
  outputMetadata: outputMetadata.filter(({ name }) => name !== nothing),
});

const throwEngineError =
  (what: string) =>
  (cause: unknown): never => {
    throw engineError("onnx", what, cause);
  };
