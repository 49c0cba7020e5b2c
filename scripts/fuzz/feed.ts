// Feeds one target with mutated inputs, in a process that may hang or die: which input is being read
// stands in a file, what is found is printed at once, one JSON line each.
import { isCajalError, random } from "@cajal/core";
import { openSync, writeSync } from "node:fs";
import type { Target } from "./target";

export interface Finding {
  readonly kind: "error" | "slow" | "memory" | "pollution" | "hang" | "death";
  /** Number of the input; with the seed and the target's name it says all. */
  readonly input: number;
  readonly text: string;
}

/** What the inputs came to. */
export interface Tally {
  inputs: number;
  /** Read without complaint. */
  accepted: number;
  /** Code of a CajalError → how often. */
  refused: Record<string, number>;
  /** Peak resident memory of the process, MB. */
  peak_mb: number;
  /** How long the slowest input took, and which it was. */
  slowest: { ms: number; input: number };
}

export type Line = { finding: Finding } | { tally: Tally } | { ready: true };

export interface Limits {
  /** Of processor time, ms: on a busy machine the clock says little. */
  readonly slow: number;
  /** Of the whole process, MB. */
  readonly memory: number;
}

/** The input of this number. */
export async function inputOf(
  target: Target<unknown>,
  corpus: readonly unknown[],
  seed: number,
  number: number,
): Promise<unknown> {
  const numbers = random(seed, target.name, number);
  return target.mutate(corpus[numbers.integer(corpus.length)], numbers, corpus);
}

/** Reads inputs `from` … `to`, or until the time is over; ends early where memory ran over. */
export async function feed(
  target: Target<unknown>,
  options: { seed: number; from: number; to: number; until: number; place: string; limits: Limits },
): Promise<void> {
  const { seed, from, to, until, limits } = options;
  const place = openSync(options.place, "w");
  const corpus = await target.corpus();
  const tally: Tally = {
    inputs: 0,
    accepted: 0,
    refused: {},
    peak_mb: 0,
    slowest: { ms: 0, input: from },
  };
  let input = from;
  const report = (kind: Finding["kind"], text: string) => say({ finding: { kind, input, text } });
  const uncaught = (error: unknown) => report("error", `outside of the call: ${stackOf(error)}`);
  process.on("uncaughtException", uncaught).on("unhandledRejection", uncaught);
  say({ ready: true });
  for (; input < to && Date.now() < until; input++) {
    writeSync(place, String(input).padStart(16), 0);
    const content = await inputOf(target, corpus, seed, input);
    const began = performance.now();
    try {
      await target.read(content);
      tally.accepted++;
    } catch (error) {
      if (isCajalError(error)) tally.refused[error.code] = (tally.refused[error.code] ?? 0) + 1;
      else report("error", stackOf(error));
    }
    tally.inputs++;
    let ms = performance.now() - began;
    // On a busy machine the clock says little: what took long by it is read again.
    if (ms > limits.slow) {
      ms = await processorTime(target, content);
      if (ms > limits.slow) report("slow", `${Math.round(ms)} ms of processor time`);
    }
    if (ms > tally.slowest.ms) tally.slowest = { ms, input };
    for (const key in {}) report("pollution", `Object.prototype has got ${JSON.stringify(key)}`);
    // Asking costs more than most inputs.
    if (input % memoryEvery === 0 || ms > 50) {
      tally.peak_mb = peak();
      if (tally.peak_mb > limits.memory) {
        // The peak only rises: whoever goes on does so in a new process.
        report(
          "memory",
          `${tally.peak_mb} MB resident, by this input or the ${memoryEvery} before`,
        );
        input++;
        break;
      }
    }
    // Timers and streams have their turn.
    if (input % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  tally.peak_mb = peak();
  say({ tally });
}

const memoryEvery = 16;

const peak = () => Math.round(process.resourceUsage().maxRSS / 1024);

/** Milliseconds. */
async function processorTime(target: Target<unknown>, content: unknown): Promise<number> {
  const began = process.cpuUsage();
  try {
    await target.read(content);
  } catch {
    // Said already.
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/** Synchronously: who dies in the next input has still said it. */
function say(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

export const stackOf = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? error.message).split("\n").slice(0, 8).join("\n")
    : `got ${typeof error} ${String(error)} thrown`;
