// Processes that measure one thing each, taking turns: what is compared is timed in the same
// minute, and the memory of each is its own.
// The protocol is lines on pipes. A worker builds, warms up and says {"ready":true,"best_warm_ms":…};
// a number N sent to it makes it do N timed steps and answer {"median_ms","n","rss_mb","times_ms"?,…};
// "prove" makes it answer {"outputs":[…]} for an example that all are asked for; it ends when its input ends.
// One that does a single thing says {"progress":0.2,"note":"…"} now and then, and {"records":[…]} at the end.
// {"failed":{"code","message"}} may come in place of any answer.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CajalError, checkArgument, type ErrorCode } from "@cajal/core";
import { watchOthers, type Watch } from "./foreignLoad";
import type { TurnDone } from "./interleave";
import { median } from "./statistics";

export interface Turn {
  median_ms: number;
  n: number;
  rss_mb: number;
  /** Of every step; a worker of another library may leave them out. */
  times_ms?: number[];
  version?: string;
}

export interface Worker {
  readonly name: string;
  /** Milliseconds of the fastest step while warming up. */
  readonly warm: number;
  /** Where it runs, if it says so. */
  readonly device?: string;
  /** Milliseconds until it was open, if it says so. */
  readonly openMs?: number;
  readonly pid?: number;
  /** Its answer to the example that all are asked for; empty where it has none. */
  prove?(): Promise<readonly number[]>;
  /** Runs this many timed steps. */
  turn(steps: number): Promise<Turn>;
  /** Ends the process; what is under way is lost. */
  stop(): void;
}

/**
 * Starts a worker and waits until it is ready.
 *
 * @param options.signal ends the process
 * @param options.env of the process, beside our own
 * @param options.patience seconds it may take to get ready, default 300
 * @param name what to call it in messages
 * @throws CajalError `engine` with the last words of a process that ended or went silent too early
 */
export async function startWorker(
  name: string,
  command: readonly [string, ...string[]],
  options: WorkerOptions = {},
): Promise<Worker> {
  const { child, stop, next } = start(name, command, options);
  const { patience = 300 } = options;
  try {
    const ready = await within(next("best_warm_ms"), patience, name);
    const { best_warm_ms: warm, device, open_ms } = ready;
    return {
      name,
      warm: Number(warm),
      ...(typeof device === "string" && { device }),
      ...(typeof open_ms === "number" && { openMs: open_ms }),
      ...(child.pid !== undefined && { pid: child.pid }),
      stop,
      async prove() {
        child.stdin.write("prove\n");
        const { outputs } = await within(next("outputs"), patience, name);
        return Array.isArray(outputs) ? outputs.map(Number) : [];
      },
      async turn(steps) {
        child.stdin.write(`${steps}\n`);
        return readTurn(await within(next("median_ms"), patience, name));
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

export interface WorkerOptions {
  signal?: AbortSignal;
  env?: Readonly<Record<string, string | undefined>>;
  /** Seconds to wait for an answer; default 300. */
  patience?: number;
}

/**
 * Runs a process that does a single thing; yields how far it is, returns the records that it gives.
 *
 * @param options.patience seconds without a word of it
 * @throws CajalError as {@link startWorker}
 */
export async function* runOnce(
  name: string,
  command: readonly [string, ...string[]],
  options: WorkerOptions = {},
): AsyncGenerator<{ done: number; note: string }, readonly unknown[], undefined> {
  const { stop, next } = start(name, command, options);
  const { patience = 300 } = options;
  try {
    for (;;) {
      const answer = await within(next("records", "progress"), patience, name);
      if (Array.isArray(answer.records)) return answer.records;
      yield { done: Number(answer.progress), note: String(answer.note ?? "") };
    }
  } finally {
    stop();
  }
}

function start(
  name: string,
  [file, ...args]: readonly [string, ...string[]],
  { signal, env }: WorkerOptions,
) {
  signal?.throwIfAborted();
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const stop = () => void child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  child.once("exit", () => signal?.removeEventListener("abort", stop));
  return { child, stop, next: answers(child, name, signal) };
}

/** What a worker did in all its turns. */
export interface Timing {
  name: string;
  /** Of every step of every turn; of every turn, where the worker says no more. */
  times_ms: number[];
  /** Median of each round's turn: what ratios within a round are made of. */
  rounds_ms: number[];
  n: number;
  rss_mb: number;
  version?: string;
  /** Rounds in which other programs took more than a tenth of the processor, after repeats. */
  dirty: number;
  /** Why it had no more turns. */
  error?: unknown;
}

/** Share of the processor that others may take in a turn that counts as clean. */
const tolerated = 0.1;
/** Milliseconds. */
const longTurn = 3000;
/** How often a turn that was not clean is had again. */
const repeats = 2;

/**
 * Lets workers take turns, round after round; yields after each, returns the timings in the order
 * of the workers.
 *
 * A turn in which other programs took much of the processor is had again, twice at most; the cleanest counts. A
 * worker that fails has no more turns, and its timing says why.
 *
 * @param options.rounds how many turns each has
 * @param options.seconds how long a turn should be, at least one step; default 0.6
 * @param options.budget seconds after which a worker has no more turns, but for its first; default: none
 * @param options.watch says how much of the processor other programs took; default: as the system tells it
 */
export async function* takeTurns(
  workers: readonly Worker[],
  {
    rounds,
    seconds = 0.6,
    budget = Infinity,
    watch = watchOthers,
  }: { rounds: number; seconds?: number; budget?: number; watch?: Watch },
): AsyncGenerator<TurnDone, Timing[], undefined> {
  const timings = workers.map(({ name }): Timing => ({
    name,
    times_ms: [],
    rounds_ms: [],
    n: 0,
    rss_mb: 0,
    dirty: 0,
  }));
  const spent = workers.map(() => 0);
  for (let round = 0; round < rounds; round++)
    for (const [i, worker] of workers.entries()) {
      const timing = timings[i]!;
      if (timing.error === undefined && (round === 0 || spent[i]! < budget)) {
        const began = performance.now();
        try {
          const { turn, foreign } = await cleanTurn(worker, seconds, watch);
          timing.times_ms.push(...(turn.times_ms ?? [turn.median_ms]));
          timing.rounds_ms.push(turn.median_ms);
          timing.n += turn.n;
          timing.rss_mb = Math.max(timing.rss_mb, turn.rss_mb);
          timing.version = turn.version;
          if (foreign > tolerated) timing.dirty++;
        } catch (error) {
          timing.error = error;
          worker.stop();
        }
        spent[i]! += (performance.now() - began) / 1000;
      }
      yield {
        name: worker.name,
        done: (round * workers.length + i + 1) / (rounds * workers.length),
      };
    }
  return timings;
}

/** A turn, and the share of the processor that others took in it. */
async function cleanTurn(
  worker: Worker,
  seconds: number,
  watch: Watch,
): Promise<{ turn: Turn; foreign: number }> {
  const steps = Math.round((1000 * seconds) / Math.max(worker.warm, 0.01));
  let cleanest: { turn: Turn; foreign: number } | undefined;
  for (let attempt = 0; attempt <= repeats; attempt++) {
    const began = performance.now();
    const end = watch(worker.pid === undefined ? [] : [worker.pid]);
    const turn = await worker.turn(Math.min(4000, Math.max(1, steps)));
    const foreign = end() ?? 0;
    if (cleanest === undefined || foreign < cleanest.foreign) cleanest = { turn, foreign };
    // A long turn has met what there is to be met.
    if (foreign <= tolerated || performance.now() - began > longTurn) break;
  }
  return cleanest!;
}

/** How many times slower `timing` is than `reference`: the median of the rounds' ratios. */
export function ratioOf(timing: Timing, reference: Timing): number {
  for (const one of [timing, reference]) {
    checkArgument("ratioOf", "timing", one, "object");
    checkArgument("ratioOf", "rounds_ms", one.rounds_ms, "array");
  }
  return median(timing.rounds_ms.map((ms, round) => ms / (reference.rounds_ms[round] ?? NaN)));
}

/** Answers of a worker, one at a time; lines that are no answers are passed over. */
function answers(child: ChildProcess, name: string, signal?: AbortSignal) {
  const waiting: {
    fields: readonly string[];
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  }[] = [];
  const early: Answer[] = [];
  let ended: unknown;
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  const fail = (error: unknown) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.stdin?.on("error", () => {}); // The exit says it better.
  child.once("error", fail);
  child.once("close", (code, killedBy) => {
    const words = stderr.trim().split("\n");
    const telling = words.findLast((line) => /error/i.test(line)) ?? words.at(-1) ?? "";
    fail(
      signal?.aborted === true
        ? signal.reason
        : new CajalError(
            "engine",
            `${name}: its process ended (${killedBy ?? `exit ${code}`})${telling === "" ? "" : `: ${telling.trim()}`}`,
            { name, code, killedBy, stderr },
          ),
    );
  });
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const answer = parsed(line);
    if (answer === undefined) return;
    if (isFailure(answer.failed)) {
      const { code, message } = answer.failed;
      fail(new CajalError(code, `${name}: ${message}`, { name }));
      return;
    }
    const fits = waiting[0]?.fields.some((field) => field in answer);
    if (fits) waiting.shift()!.resolve(answer);
    // Whoever does a single thing says more than it is asked.
    else if ("records" in answer || "progress" in answer) early.push(answer);
  });
  return (...fields: string[]) =>
    new Promise<Answer>((resolve, reject) => {
      const at = early.findIndex((answer) => fields.some((field) => field in answer));
      if (at >= 0) resolve(early.splice(at, 1)[0]!);
      else if (ended !== undefined) reject(ended);
      else waiting.push({ fields, resolve, reject });
    });
}

/** A line that is a JSON object; others are an engine's chatter. */
function parsed(line: string): Answer | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
}

const isFailure = (value: unknown): value is { code: ErrorCode; message: string } =>
  typeof value === "object" && value !== null && "code" in value && "message" in value;

const readTurn = ({ median_ms, n, rss_mb, times_ms, version }: Answer): Turn => ({
  median_ms: Number(median_ms),
  n: Number(n),
  rss_mb: Number(rss_mb),
  ...(Array.isArray(times_ms) && { times_ms: times_ms.map(Number) }),
  ...(typeof version === "string" && { version }),
});

type Answer = { readonly [key: string]: unknown };

async function within<T>(promise: Promise<T>, seconds: number, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () =>
            reject(
              new CajalError("timeout", `${name}: no answer in ${seconds} s.`, { name, seconds }),
            ),
          1000 * seconds,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
