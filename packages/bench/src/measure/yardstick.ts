// How fast the machine is at this moment. A virtual machine shares its processor, caches and memory with others that its
// own system knows nothing of: the same product of matrices took 12 ms in one minute and 27 in the next while Linux
// reported an idle machine. A fixed calculation beside each round shows that.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CajalError } from "@cajal/core";

/** Milliseconds of the slowest core, all of them at work at once. */
export interface Pace {
  /** Of eight million multiplications and additions in registers. */
  readonly arithmetic_ms: number;
  /** Of once through 32 MB, more than most caches hold. */
  readonly memory_ms: number;
}

/** Times the fixed calculation, see {@link openYardstick}. */
export interface Yardstick {
  measure(): Promise<Pace>;
  /** Ends its threads. */
  stop(): void;
}

/** What would take long to start, and gigabytes, says nothing more. */
const mostThreads = 8;

/**
 * Opens a yardstick: one thread for each core, eight at most.
 *
 * @throws CajalError `engine` from `measure` where its threads have ended
 */
export async function openYardstick(): Promise<Yardstick> {
  const threads = Math.min(mostThreads, availableParallelism());
  const waiting = new SharedArrayBuffer(4);
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(calculation, { eval: true, workerData: { waiting, threads } }); // prettier-ignore
    // A program that is done does not wait for it.
    worker.unref();
    return worker;
  });
  const measure = async (): Promise<Pace> => {
    new Int32Array(waiting)[0] = 0;
    const paces = await Promise.all(workers.map(paceOf));
    return {
      arithmetic_ms: Math.max(...paces.map(({ arithmetic_ms }) => arithmetic_ms)),
      memory_ms: Math.max(...paces.map(({ memory_ms }) => memory_ms)),
    };
  };
  // Until it is compiled and its memory is there.
  for (let i = 0; i < 2; i++) await measure();
  return {
    measure,
    stop: () => {
      for (const worker of workers) void worker.terminate();
    },
  };
}

const paceOf = (worker: Worker): Promise<Pace> =>
  new Promise((resolve, reject) => {
    const end = () => {
      worker.off("message", succeed).off("error", fail).off("exit", fail);
      worker.unref();
    };
    const succeed = (pace: Pace) => {
      end();
      resolve(pace);
    };
    const fail = (cause: unknown) => {
      end();
      reject(new CajalError("engine", "the yardstick's thread has ended: measure before stop().", {}, { cause })); // prettier-ignore
    };
    worker.ref();
    worker.once("message", succeed).once("error", fail).once("exit", fail);
    // oxlint-disable-next-line require-post-message-target-origin -- a thread, no window
    worker.postMessage("measure");
  });

/** What a thread runs: JavaScript, as a bundle has no file for it. */
const calculation = `
const { parentPort, workerData } = require("node:worker_threads");
const { waiting, threads } = workerData;
const arrived = new Int32Array(waiting);
const memory = new Float64Array(4 << 20).fill(1);
let kept = 0;
parentPort.on("message", () => {
  // All begin at once, so that what cores share is shared. Who waits leaves the core to those that are still to come.
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  const patience = performance.now() + 100;
  for (let count; (count = Atomics.load(arrived, 0)) < threads && performance.now() < patience; )
    Atomics.wait(arrived, 0, count, patience - performance.now());
  // The median of five: what takes the core for a moment says nothing of the rounds.
  const arithmetic = [];
  const reading = [];
  for (let repeat = 0; repeat < 5; repeat++) {
    const startTime = performance.now();
    // Eight sums that do not wait for each other keep the units for multiplication busy.
    let [a, b, c, d, e, f, g, h] = [1, 2, 3, 4, 5, 6, 7, 8];
    for (let i = 0; i < 1_000_000; i++) {
      a = a * 0.999999 + 1e-6;
      b = b * 0.999999 + 1e-6;
      c = c * 0.999999 + 1e-6;
      d = d * 0.999999 + 1e-6;
      e = e * 0.999999 + 1e-6;
      f = f * 0.999999 + 1e-6;
      g = g * 0.999999 + 1e-6;
      h = h * 0.999999 + 1e-6;
    }
    const between = performance.now();
    let sum = 0;
    // One number of each line of the cache.
    for (let i = 0; i < memory.length; i += 8) sum += memory[i];
    const end = performance.now();
    arithmetic.push(between - startTime);
    reading.push(end - between);
    // What nothing reads need not be computed.
    kept += a + b + c + d + e + f + g + h + sum;
  }
  const median = (values) => values.sort((a, b) => a - b)[2];
  parentPort.postMessage({ arithmetic_ms: median(arithmetic), memory_ms: median(reading), kept });
});
`;
