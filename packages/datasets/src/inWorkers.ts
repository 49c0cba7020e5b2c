// Batches computed in worker threads: reading, decoding and augmentation beside the training step. A batch depends on
// its epoch and number alone, so who computes it does not matter, and neither does how many there are.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import {
  CajalError,
  abortable,
  checkArgument,
  checkInteger,
  checkOptions,
  showValue,
  type NamedBatch,
  type Tensor,
} from "@cajal/core";
import type { Dataset, PassOptions } from "./dataset";
import { spareOf, wholeOf } from "./spareTensors";

export interface WorkersOptions {
  /** Threads; 0 computes in this one. Default 2. */
  readonly workers?: number;
  /** Batches that each thread may be ahead of what was taken, which bounds memory; default 2. */
  readonly ahead?: number;
  /** What the module's function is given; it must be plain data. */
  readonly options?: unknown;
}

/** A dataset whose batches come from elsewhere: it is read, and no longer changed. */
export interface WorkerBatches<B extends NamedBatch = NamedBatch> extends AsyncIterable<B> {
  readonly size: number;
  readonly batchSize: number;
  readonly batchCount: number;
  readonly classes?: readonly string[];
  batches(options?: PassOptions): AsyncGenerator<B, void, undefined>;
  /** Ends the threads. What is then asked for is refused. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Runs in each thread: makes the dataset once, then computes the batches that it is asked for. */
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const isPlain = (value) => {
  try {
    return structuredClone(value), true;
  } catch {
    return false;
  }
};
// Anything may be thrown, and facts may hold anything.
const plain = (error) => {
  const { name, message, code, facts } = Object(error);
  if (typeof message !== "string")
    return { name: "Error", message: "it threw " + (Object(error) === error ? "what is no error" : String(error)) };
  if (name !== "CajalError") return { name: typeof name === "string" ? name : "Error", message };
  return { name, message, code, facts: Object.fromEntries(Object.entries(facts ?? {}).filter(([, value]) => isPlain(value))) };
};
const made = import(workerData.module).then(async (module) => {
  const data = typeof module.default === "function" ? await module.default(workerData.options) : module.default;
  if (typeof data?.batches !== "function") throw new Error("its default export is no dataset, nor a function that gives one");
  return data;
});
made.then(
  ({ size, batchSize, batchCount, classes }) => parentPort.postMessage({ ready: { size, batchSize, batchCount, classes } }),
  (error) => parentPort.postMessage({ failed: plain(error) }),
);
const spare = [];
// Memory that a map or a source may still need, or that is part of more, is copied; what is left is transferred.
const { slice } = Object.getPrototypeOf(Uint8Array.prototype);
const ownOnly = (value, transferable) => {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    if (transferable.has(value.buffer)) return value;
    // Not that of Buffer, which copies nothing.
    const copy = slice.call(value);
    transferable.add(copy.buffer);
    return copy;
  }
  // Dates, maps and lists are cloned as they are.
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ownOnly(each, transferable)]));
};
parentPort.on("message", async ({ job, epoch, index, memory }) => {
  try {
    if (memory) spare.push(...memory);
    const transferable = new Set();
    const pass = (await made).batches({ epoch, start: index, transferable, ...(memory && { reuse: spare }) });
    const { value } = await pass.next();
    await pass.return?.();
    const batch = ownOnly(value, transferable);
    parentPort.postMessage({ job, batch }, [...transferable].filter((buffer) => buffer instanceof ArrayBuffer));
  } catch (error) {
    parentPort.postMessage({ job, failed: plain(error) });
  }
});`;

/**
 * The batches of a dataset that a module makes, computed in worker threads and delivered in order: for the same seed
 * they are the same bit for bit for any number of threads, 0 among them, and from any batch on.
 *
 * @param module whose default export is a dataset, or a function that gives one, plain JavaScript or what Node runs:
 *   `new URL("./train.js", import.meta.url)`. Each thread imports it for itself
 * @throws CajalError `bad-argument` for a module that gives no dataset, and options that are no plain data; on delivery
 *   what the dataset throws, of errors other than Cajal's the name and message
 * @example
 * await using batches = await inWorkers(new URL("./train.js", import.meta.url), { workers: 4 });
 * for await (const { x, y } of batches) …
 */
export async function inWorkers<B extends NamedBatch = NamedBatch>(
  module: URL | string,
  options: WorkersOptions = {},
): Promise<WorkerBatches<B>> {
  checkOptions("inWorkers", options, ["workers", "ahead", "options"]);
  const { workers: count = 2, ahead = 2 } = options;
  if (!(module instanceof URL)) checkArgument("inWorkers", "module", module, "string");
  checkInteger("inWorkers", "workers", count, { least: 0, most: 256 });
  checkInteger("inWorkers", "ahead", ahead, { least: 1, most: 1000 });
  const address = String(module);
  const where = address.startsWith("file:") ? fileURLToPath(address) : address;
  const plainOptions = cloned(options.options);
  if (count === 0) return here<B>(address, where, plainOptions);
  const workerData = { module: address, options: plainOptions };
  const threads = Array.from({ length: count }, () => new Worker(program, { eval: true, workerData })); // prettier-ignore
  for (const thread of threads) thread.unref();
  try {
    const [facts] = await Promise.all(threads.map((thread) => ready(thread, where)));
    return passes<B>(facts!, threads, ahead);
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.terminate()));
    throw error;
  }
}

/** The same for any number of threads, none among them. */
function cloned(options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch (cause) {
    throw new CajalError("bad-argument", `inWorkers: got options that are no plain data, which threads cannot be sent: ${cause instanceof Error ? cause.message : String(cause)} Hand over numbers, text and arrays, and make functions of them in the module.`, {}, { cause }); // prettier-ignore
  }
}

const notMade = (where: string, why: string, cause?: unknown) =>
  new CajalError("bad-argument", `${where}: its dataset cannot be made: ${why}`, { module: where }, { cause }); // prettier-ignore

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: CajalError["code"];
  readonly facts?: CajalError["facts"];
}

interface Facts {
  readonly size: number;
  readonly batchSize: number;
  readonly batchCount: number;
  readonly classes?: readonly string[];
}

interface Answer {
  readonly ready?: Facts;
  readonly failed?: Failure;
  readonly job?: number;
  readonly batch?: NamedBatch;
}

function ready(thread: Worker, where: string): Promise<Facts> {
  return new Promise((resolve, reject) => {
    thread.ref();
    const settle = (done: () => void) => {
      thread.unref();
      done();
    };
    thread.once("error", (error) => settle(() => reject(error)));
    thread.once("message", (answer: Answer) =>
      settle(() =>
        answer.ready ? resolve(answer.ready) : reject(notMade(where, answer.failed!.message)),
      ),
    );
  });
}

async function here<B extends NamedBatch>(address: string, where: string, options: unknown) {
  let data: Dataset | undefined;
  try {
    const definition = (await import(/* @vite-ignore */ /* webpackIgnore: true */ address)).default;
    data = typeof definition === "function" ? await definition(options) : definition;
  } catch (cause) {
    throw notMade(where, cause instanceof Error ? cause.message : `it threw ${showValue(cause)}`, cause); // prettier-ignore
  }
  if (typeof data?.batches !== "function")
    throw notMade(where, "its default export is no dataset, nor a function that gives one");
  const batches = (pass?: PassOptions) => data.batches(pass) as AsyncGenerator<NamedBatch, void, undefined> as AsyncGenerator<B, void, undefined>; // prettier-ignore
  return {
    size: data.size,
    batchSize: data.batchSize,
    batchCount: data.batchCount,
    ...(data.classes && { classes: data.classes }),
    batches,
    [Symbol.asyncIterator]: () => batches(),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

/** What was thrown in a thread, as near as can be. */
function thrown({ name, message, code, facts }: Failure): Error {
  if (code) return new CajalError(code, message, facts);
  return Object.assign(new Error(message), { name });
}

function passes<B extends NamedBatch>(
  facts: Facts,
  threads: readonly Worker[],
  ahead: number,
): WorkerBatches<B> {
  const waiting = new Map<number, { resolve: (batch: B) => void; reject: (error: Error) => void; thread: Worker }>(); // prettier-ignore
  /** What batches were in that nobody needs: of as many as are ahead, kept for the next pass. */
  const spare: Tensor[][] = [];
  let jobs = 0;
  let closed: Error | undefined;
  const settle = (job: number) => {
    const one = waiting.get(job);
    waiting.delete(job);
    if (one && ![...waiting.values()].some(({ thread }) => thread === one.thread)) one.thread.unref(); // prettier-ignore
    return one;
  };
  const end = (error: Error) => {
    closed ??= error;
    for (const job of waiting.keys()) settle(job)?.reject(closed);
  };
  for (const thread of threads) {
    thread.on("message", ({ job, batch, failed }: Answer) => {
      const one = settle(job!);
      if (failed === undefined) one?.resolve(batch as B);
      else one?.reject(thrown(failed));
    });
    thread.on("error", end);
    thread.on("exit", () => end(new CajalError("engine", "inWorkers: a worker thread has ended.")));
  }
  const ask = (epoch: number, index: number, memory?: Tensor[]): Promise<B> =>
    new Promise((resolve, reject) => {
      const thread = threads[index % threads.length]!;
      if (closed) return reject(closed);
      const job = jobs++;
      waiting.set(job, { resolve, reject, thread });
      thread.ref();
      // oxlint-disable-next-line require-post-message-target-origin -- a thread, no window
      thread.postMessage({ job, epoch, index, memory }, (memory ?? []).map(({ data }) => data.buffer as ArrayBuffer)); // prettier-ignore
    });

  async function* batches(options: PassOptions = {}): AsyncGenerator<B, void, undefined> {
    checkOptions("batches", options, {
      epoch: { whole: true, least: 0 },
      start: { whole: true, least: 0 },
      signal: "signal",
      reuse: true,
    });
    const { epoch = 0, start = 0, signal, reuse = false } = options;
    if (typeof reuse !== "boolean") checkArgument("batches", "reuse", reuse, "array");
    signal?.throwIfAborted();
    const memory = () =>
      reuse === false ? undefined : reuse === true ? (spare.pop() ?? []) : wholeOf(reuse.splice(0));
    const pending: Promise<B>[] = [];
    let next = start;
    for (let index = start; index < facts.batchCount; index++) {
      // One more is asked for only when one was taken.
      while (next < facts.batchCount && pending.length < ahead * threads.length) {
        const batch = ask(epoch, next++, memory());
        batch.catch(() => {});
        pending.push(batch);
      }
      const batch = await abortable(pending.shift()!, signal);
      yield batch;
      if (reuse === true) spare.push(spareOf(batch));
    }
  }

  const close = async () => {
    spare.length = 0;
    end(new CajalError("disposed", "inWorkers: its threads were ended by close()."));
    await Promise.all(threads.map((thread) => thread.terminate()));
  };
  const { classes, ...counts } = facts;
  return {
    ...counts,
    ...(classes && { classes }),
    batches,
    [Symbol.asyncIterator]: () => batches(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
