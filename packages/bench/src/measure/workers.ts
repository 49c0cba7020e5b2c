// Worker processes that run one measurement each, with memory of its own.
// The protocol is lines on pipes. A worker builds, warms up and writes {"ready":true,"best_warm_ms":…}; on a number N
// it runs N timed steps and writes {"median_ms","n","rss_mb","times_ms"?,…}; on "prove" it writes {"outputs":[…]} for an
// example that is the same for all workers; it ends when its input ends. A worker of a single task writes
// {"progress":0.2,"note":"…"} now and then, and {"records":[…]} at the end. Any answer may be replaced by
// {"failed":{"code","message"}}.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CajalError, type ErrorCode } from "@cajal/core";

export interface Turn {
  median_ms: number;
  n: number;
  rss_mb: number;
  /** Milliseconds of every step; a worker of another library may omit them. */
  times_ms?: number[];
  version?: string;
}

export interface Worker {
  readonly name: string;
  /** Milliseconds of the fastest step while warming up. */
  readonly warm: number;
  /** The device, if the worker reports it. */
  readonly device?: string;
  /** Milliseconds to open the model, if the worker reports them. */
  readonly openMs?: number;
  readonly pid?: number;
  /** Its output for the common example; empty where it has none. */
  prove?(): Promise<readonly number[]>;
  /** Runs this many timed steps. */
  turn(steps: number): Promise<Turn>;
  /** Ends the process at once. */
  stop(): void;
}

/**
 * Starts a worker and waits until it is ready.
 *
 * @param options.signal ends the process
 * @param options.env environment variables in addition to those of this process
 * @param options.patience seconds it may take to get ready, default 300
 * @param name what to call it in messages
 * @throws CajalError `engine` with the last output of a process that ended or stopped responding
 */
export async function startWorker(
  name: string,
  command: readonly [string, ...string[]],
  options: WorkerOptions = {},
): Promise<Worker> {
  const { child, stop, next } = start(name, command, options);
  const { patience = 300 } = options;
  try {
    const ready = await withinTimeout(next("best_warm_ms"), patience, name);
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
        const { outputs } = await withinTimeout(next("outputs"), patience, name);
        return Array.isArray(outputs) ? outputs.map(Number) : [];
      },
      async turn(steps) {
        child.stdin.write(`${steps}\n`);
        return readTurn(await withinTimeout(next("median_ms"), patience, name));
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
 * Runs a process of a single task; yields its progress, returns its records.
 *
 * @param options.patience seconds without output after which it fails
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
      const answer = await withinTimeout(next("records", "progress"), patience, name);
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

/** Reads the answers of a worker; other lines are ignored. */
function answers(child: ChildProcess, name: string, signal?: AbortSignal) {
  const waiting: {
    fields: readonly string[];
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  }[] = [];
  const early: Answer[] = [];
  let hasEnded: unknown;
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  const fail = (error: unknown) => {
    hasEnded ??= error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.stdin?.on("error", () => {}); // The exit says it better.
  child.once("error", fail);
  child.once("close", (code, killedBy) => {
    const words = stderr.trim().split("\n");
    const errorLine = words.findLast((line) => /error/i.test(line)) ?? words.at(-1) ?? "";
    fail(
      signal?.aborted === true
        ? signal.reason
        : new CajalError(
            "engine",
            `${name}: its process ended (${killedBy ?? `exit ${code}`})${errorLine === "" ? "" : `: ${errorLine.trim()}`}`,
            { name, code, killedBy, stderr },
          ),
    );
  });
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const answer = parseMessage(line);
    if (answer === undefined) return;
    if (isFailure(answer.failed)) {
      const { code, message } = answer.failed;
      fail(new CajalError(code, `${name}: ${message}`, { name }));
      return;
    }
    const fits = waiting[0]?.fields.some((field) => field in answer);
    if (fits) waiting.shift()!.resolve(answer);
    // A worker of a single task writes lines without a request.
    else if ("records" in answer || "progress" in answer) early.push(answer);
  });
  return (...fields: string[]) =>
    new Promise<Answer>((resolve, reject) => {
      const at = early.findIndex((answer) => fields.some((field) => field in answer));
      if (at >= 0) resolve(early.splice(at, 1)[0]!);
      else if (hasEnded !== undefined) reject(hasEnded);
      else waiting.push({ fields, resolve, reject });
    });
}

/** Parses a line that is a JSON object; other lines are an engine's output. */
function parseMessage(line: string): Answer | undefined {
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

async function withinTimeout<T>(promise: Promise<T>, seconds: number, name: string): Promise<T> {
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
