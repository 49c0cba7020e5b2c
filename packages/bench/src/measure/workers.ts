// Processes that measure one thing each, taking turns: what is compared is timed in the same
// minute, and the memory of each is its own.
// The protocol is lines on pipes. A worker builds, warms up and says {"ready":true,"best_warm_ms":…};
// a number N sent to it makes it do N timed steps and answer {"median_ms","n","rss_mb","times_ms"?,…};
// it ends when its input ends.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CajalError, checkArgument } from "@cajal/core";
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
  /** Does so many timed steps. */
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
  {
    signal,
    env,
    patience = 300,
  }: {
    signal?: AbortSignal;
    env?: Readonly<Record<string, string | undefined>>;
    patience?: number;
  } = {},
): Promise<Worker> {
  signal?.throwIfAborted();
  const [file, ...args] = command;
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const stop = () => void child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  child.once("exit", () => signal?.removeEventListener("abort", stop));
  const next = answers(child, name, signal);
  try {
    const { best_warm_ms: warm, device } = await within(next("best_warm_ms"), patience, name);
    return {
      name,
      warm: Number(warm),
      ...(typeof device === "string" && { device }),
      stop,
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
}

/**
 * Lets workers take turns, round after round; yields after each, returns the timings in the order
 * of the workers.
 *
 * @param options.rounds how many turns each has
 * @param options.seconds how long a turn should be, at least one step; default 0.6
 */
export async function* takeTurns(
  workers: readonly Worker[],
  { rounds, seconds = 0.6 }: { rounds: number; seconds?: number },
): AsyncGenerator<TurnDone, Timing[], undefined> {
  const timings = workers.map(({ name }): Timing => ({
    name,
    times_ms: [],
    rounds_ms: [],
    n: 0,
    rss_mb: 0,
  }));
  for (let round = 0; round < rounds; round++)
    for (const [i, worker] of workers.entries()) {
      const steps = Math.min(
        500,
        Math.max(1, Math.round((1000 * seconds) / Math.max(worker.warm, 0.01))),
      );
      const turn = await worker.turn(steps);
      const timing = timings[i]!;
      timing.times_ms.push(...(turn.times_ms ?? [turn.median_ms]));
      timing.rounds_ms.push(turn.median_ms);
      timing.n += turn.n;
      timing.rss_mb = Math.max(timing.rss_mb, turn.rss_mb);
      timing.version = turn.version;
      yield {
        name: worker.name,
        done: (round * workers.length + i + 1) / (rounds * workers.length),
      };
    }
  return timings;
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
    field: string;
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  }[] = [];
  let ended: unknown;
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  const fail = (error: unknown) => {
    ended = error;
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
    if (!line.startsWith("{")) return;
    const answer = JSON.parse(line) as Answer;
    const first = waiting[0];
    if (first !== undefined && first.field in answer) waiting.shift()!.resolve(answer);
  });
  return (field: string) =>
    new Promise<Answer>((resolve, reject) => {
      if (ended !== undefined) reject(ended);
      else waiting.push({ field, resolve, reject });
    });
}

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
