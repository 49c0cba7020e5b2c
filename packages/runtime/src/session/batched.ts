// Dynamic batching: requests of callers who come at the same time, joined along the batch axis into one run. As in
// Triton and TensorFlow Serving a run begins when it is full or the oldest request has waited long enough; while one
// is in progress requests gather.
import {
  CajalError,
  checkOptions,
  optionsOf,
  showShape,
  type NamedTensors,
  type Tensor,
} from "@cajal/core";
import type { IndexInput } from "@cajal/models";
import type { ValueInfo } from "@cajal/onnx";
import { checkFeeds } from "./checkFeeds";
import type { Lifetime } from "./lifetime";
import { joinRows, rowsOf } from "./rows";

export interface BatchedOptions {
  /**
   * Examples that one run has at most, which bounds its memory, and how long one that comes meanwhile waits.
   * Default 8: on a processor networks the size of LeNet-5 gain more with 32, those the size of MobileNet nothing.
   */
  readonly maxBatch?: number;
  /**
   * Milliseconds that a request waits at most for others to join it while nothing runs. 0: until the next task of the
   * event loop, so that those join which come with it; requests that come during a run gather at any delay. A longer one
   * fills runs better where requests come singly, and a lone one waits for it in vain. Default 0.
   */
  readonly maxDelay?: number;
}

interface BatchedModel {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  run(
    feeds: NamedTensors,
    options?: { readonly handOver: boolean },
  ): Promise<Record<string, Tensor>>;
}

interface Request {
  readonly feeds: NamedTensors;
  readonly rows: number;
  /** What requests that can be joined have in common: all extents but the batch. */
  readonly shapes: string;
  readonly since: number;
  /** Rows that were given to runs, which take turns at a request of more than maxBatch. */
  taken: number;
  readonly results: NamedTensors[];
  resolve(results: Record<string, Tensor>): void;
  reject(error: unknown): void;
}

/** Rows `from` … `from + count` of a request, in a run. */
interface Share {
  readonly request: Request;
  readonly from: number;
  readonly count: number;
}

const optionKinds = optionsOf<BatchedOptions>({
  maxBatch: { whole: true, least: 1 },
  maxDelay: { least: 0, most: 2 ** 31 - 1 },
});

/**
 * The `run` of a batched session.
 *
 * @throws CajalError `unsupported` where an input or output has no batch axis, or a fixed one
 */
export function batchedRun(
  model: BatchedModel,
  lifetime: Lifetime,
  options: BatchedOptions,
  tables: readonly IndexInput[],
) {
  checkOptions("batched", options, optionKinds);
  const { maxBatch = 8, maxDelay = 0 } = options;
  const { inputs, outputs } = model;
  checkBatchAxes(inputs, outputs);
  const saysBatch = outputs.every((output) => hasBatchFirst(output, inputs));
  /** Shapes of requests with which outputs were seen to have a row for each example, and are as large for any number of them. */
  const seen = new Set<string>();

  /** In the order of the calls. */
  let queue: Request[] = [];
  /** Rows that wait, by shapes. */
  const waiting = new Map<string, number>();
  let isRunning = false;
  let current = Promise.resolve();
  let cancelDelay: (() => unknown) | undefined;

  const isFull = ({ shapes }: Request) => waiting.get(shapes)! >= maxBatch;

  /** Begins a run, or sees to it that one begins in time. */
  function schedule() {
    const [oldest] = queue;
    if (isRunning || !oldest) return;
    const delay = maxDelay && oldest.since + maxDelay - performance.now();
    // Others overtake the oldest only before its time: of a shape that few ask for, it would wait forever.
    const next = isFull(oldest) ? oldest : delay > 0 ? queue.find(isFull) : undefined;
    if (next) current = begin(next);
    else
      cancelDelay ??= lifetime.after(delay, () => {
        if (queue[0]) current = begin(queue[0]);
      });
  }

  /** Takes rows of the oldest requests with those shapes; no request that fits into one run is split. */
  function take({ shapes }: Request): Share[] {
    const shares: Share[] = [];
    let room = maxBatch;
    for (const request of queue) {
      if (request.shapes !== shapes) continue;
      const left = request.rows - request.taken;
      if (room === 0 || (left > room && request.rows <= maxBatch)) break;
      const count = Math.min(left, room);
      shares.push({ request, from: request.taken, count });
      request.taken += count;
      room -= count;
    }
    addWaiting(shapes, room - maxBatch);
    queue = queue.filter(({ rows, taken }) => taken < rows);
    return shares;
  }

  function addWaiting(shapes: string, rows: number) {
    const sum = (waiting.get(shapes) ?? 0) + rows;
    if (sum > 0) waiting.set(shapes, sum);
    else waiting.delete(shapes);
  }

  async function begin(next: Request) {
    stopDelay();
    isRunning = true;
    const shares = take(next);
    try {
      if (!saysBatch && !seen.has(next.shapes)) {
        await checkOneAndTwo(next.feeds, model);
        seen.add(next.shapes);
      }
      const results = await runOf(shares, model);
      checkRows(results, sumOf(shares));
      await giveOut(results, shares);
    } catch (error) {
      for (const { request } of shares) {
        remove(request);
        request.reject(error);
      }
    } finally {
      isRunning = false;
      schedule();
    }
  }

  function stopDelay() {
    cancelDelay?.();
    cancelDelay = undefined;
  }

  /** Takes a request out of the queue, where it has rows left there. */
  function remove(request: Request): boolean {
    const at = queue.indexOf(request);
    if (at < 0) return false;
    queue.splice(at, 1);
    addWaiting(request.shapes, request.taken - request.rows);
    if (queue.length === 0) stopDelay();
    return true;
  }

  return (feeds: NamedTensors, signal: AbortSignal | undefined): Promise<Record<string, Tensor>> =>
    lifetime.run(async () => {
      checkFeeds(feeds, inputs, tables);
      const rows = rowsIn(feeds, inputs);
      if (rows === 0) return model.run(feeds);
      const shapes = inputs.map(({ name }) => feeds[name]!.shape.slice(1).join()).join(";");
      return new Promise((resolve, reject) => {
        const settled = () => signal?.removeEventListener("abort", abort);
        const request: Request = {
          feeds: { ...feeds },
          rows,
          shapes,
          since: performance.now(),
          taken: 0,
          results: [],
          resolve: (results) => (settled(), resolve(results)),
          reject: (error) => (settled(), reject(error)),
        };
        // Its caller waits no longer; the session does, as the current run may have some of its rows.
        const abort = () => {
          if (remove(request)) void current.then(() => request.reject(signal?.reason));
        };
        signal?.addEventListener("abort", abort);
        queue.push(request);
        addWaiting(shapes, rows);
        schedule();
      });
    }, signal);
}

/** @throws CajalError `unsupported` */
function checkBatchAxes(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): void {
  const fixed = (what: string, { name, shape = [] }: ValueInfo, advice: string) =>
    new CajalError(
      "unsupported",
      `batched: ${what} "${name}" has shape ${showShape(shape)}, ${shape.length === 0 ? "and no batch axis" : "whose first axis is fixed"}: examples of several callers cannot be joined. ${advice}`,
      { [what]: name, shape },
    );
  for (const input of inputs)
    if (input.shape?.length === 0 || typeof input.shape?.[0] === "number")
      throw fixed("input", input, "Build or export the model with a free batch axis, or use the session's own predict and run."); // prettier-ignore
  // Of an output, rank 0 may mean that ONNX Runtime does not know its rank: the first run tells.
  for (const output of outputs) {
    if (typeof output.shape?.[0] === "number")
      throw fixed("output", output, "Use the session's own predict and run.");
    const [first, ...others] = output.shape ?? [];
    const batches = batchNames(inputs);
    const axes = inputs.flatMap(({ shape = [] }) => shape.slice(1));
    const isOther = typeof first === "string" && !batches.has(first) && axes.includes(first);
    if (isOther || others.some((extent) => typeof extent === "string" && batches.has(extent)))
      throw new CajalError(
        "unsupported",
        `batched: output "${output.name}" has shape ${showShape(output.shape ?? [])}, and examples lie along "${[...batches].join('", "')}": it has no row for each example alone. Use the session's own predict and run.`,
        { output: output.name, shape: output.shape },
      );
  }
}

/** Names of the inputs' first axes. */
const batchNames = (inputs: readonly ValueInfo[]): ReadonlySet<string> =>
  new Set(inputs.flatMap(({ shape }) => (typeof shape?.[0] === "string" ? [shape[0]] : [])));

/** Whether an output says that its first axis is that of the inputs. */
const hasBatchFirst = ({ shape }: ValueInfo, inputs: readonly ValueInfo[]): boolean =>
  typeof shape?.[0] === "string" && batchNames(inputs).has(shape[0]);

/**
 * Runs one example, and twice the same: another axis than the batch may happen to be as long as that.
 *
 * @throws CajalError `unsupported` where an output is not a row for each of them
 */
async function checkOneAndTwo(feeds: NamedTensors, model: BatchedModel): Promise<void> {
  const one = rowsOf(feeds, 0, 1);
  const results = await model.run(one);
  checkRows(results, 1);
  const twice = await model.run(await joinRows([one, one]));
  checkRows(twice, 2);
  for (const [output, { shape }] of Object.entries(twice))
    if (shape.slice(1).join() !== results[output]!.shape.slice(1).join())
      throw new CajalError(
        "unsupported",
        `batched: output "${output}" has shape ${showShape(results[output]!.shape)} after a run of one example, and ${showShape(shape)} after one of two, not a row of one shape for each. Use the session's own predict and run.`,
        { output, shape },
      );
}

/**
 * How many examples a request has.
 *
 * @throws CajalError `bad-shape` where inputs differ in that
 */
function rowsIn(feeds: NamedTensors, inputs: readonly ValueInfo[]): number {
  const [first, ...others] = inputs.map(({ name }) => ({ name, shape: feeds[name]!.shape }));
  const rows = first?.shape[0] ?? 0;
  const other = others.find(({ shape }) => shape[0] !== rows);
  if (first && other)
    throw new CajalError(
      "bad-shape",
      `input "${other.name}": got ${showShape(other.shape)}, expected as many examples as input "${first.name}" has, ${rows}.`,
      { input: other.name, shape: other.shape },
    );
  return rows;
}

const sumOf = (shares: readonly Share[]): number =>
  shares.reduce((sum, { count }) => sum + count, 0);

/** Runs requests together; one that has a run for itself is not copied. */
async function runOf(shares: readonly Share[], model: BatchedModel): Promise<NamedTensors> {
  const [{ request, count }] = shares as [Share];
  if (count === request.rows && shares.length === 1) return model.run(request.feeds);
  const feeds = await joinRows(shares.map((each) => rowsOf(each.request.feeds, each.from, each.count))); // prettier-ignore
  return model.run(feeds, { handOver: true });
}

/** @throws CajalError `unsupported` where an output is not a row for each example */
function checkRows(results: NamedTensors, rows: number): void {
  for (const [output, { shape }] of Object.entries(results))
    if (shape[0] !== rows)
      throw new CajalError(
        "unsupported",
        `batched: output "${output}" has shape ${showShape(shape)} after a run of ${rows} example${rows === 1 ? "" : "s"}, not a row for each of them. Use the session's own predict and run.`,
        { output, shape, examples: rows },
      );
}

/** Gives each request its own rows, in memory of its own: who keeps one keeps no batch. */
async function giveOut(results: NamedTensors, shares: readonly Share[]): Promise<void> {
  let at = 0;
  for (const { request, count } of shares) {
    request.results.push(rowsOf(results, at, count));
    at += count;
    if (request.taken < request.rows) continue;
    const isWhole = shares.length === 1 && count === request.rows;
    request.resolve(isWhole ? { ...results } : await joinRows(request.results));
  }
}
