// Workers that take turns, round after round: what is compared is timed within the same minute.
import { setTimeout } from "node:timers/promises";
import { checkArgument } from "@cajal/core";
import { watchOthers, type Watch } from "./foreignLoad";
import type { TurnDone } from "./interleave";
import { median } from "./statistics";
import type { Turn, Worker } from "./workers";
import type { Pace, Yardstick } from "./yardstick";

/** The timings of a worker over all rounds. */
export interface Timing {
  name: string;
  /** Milliseconds of every step; of every turn, where the worker reports only those. */
  times_ms: number[];
  /** Median of each round, for ratios within a round. */
  rounds_ms: number[];
  n: number;
  rss_mb: number;
  version?: string;
  /** How fast the machine was in each round, where a yardstick measured it. */
  paces: Pace[];
  /** Rounds in which other programs took more than a tenth of the processor, or it was slower by as much, after repeats. */
  dirty: number;
  /** The error that ended its turns. */
  error?: unknown;
}

/** Share of the processor that other programs may use in a clean turn, and by which it may be slower than at its best. */
const disturbanceLimit = 0.1;
/** Milliseconds. */
const longTurn = 3000;
/** How often a turn that is not clean is repeated. */
const repeats = 2;
/** Milliseconds after steps: ONNX Runtime's threads wait busily for 80 (measured), in which nothing is to be timed. */
const rest = 150;

/**
 * Runs workers in turns, round after round; yields after each turn, returns the timings in the order of the workers.
 *
 * A turn in which other programs used much of the processor, or in which the machine was slower than in the fastest
 * turn so far, is repeated, at most twice; the cleanest counts. A worker that fails gets no more turns, and its timing
 * has the error.
 */
export async function* takeTurns(
  workers: readonly Worker[],
  {
    rounds,
    seconds = 0.6,
    budget = Infinity,
    watch = watchOthers,
    yardstick,
    renew,
  }: {
    /** Number of turns of each worker. */
    rounds: number;
    /** Duration of a turn, at least one step; default 0.6. */
    seconds?: number;
    /** Seconds after which a worker gets no more turns, after its first; default: none. */
    budget?: number;
    /** Says how much of the processor other programs took; default: as the system tells it. */
    watch?: Watch;
    /** Times the machine itself before and after each turn; default: none. */
    yardstick?: Yardstick;
    /**
     * Replaces a worker before each of its turns but the first, by another process that does the same: where memory
     * and threads come to lie makes a process as a whole slower or faster, by a fifth; default: none.
     */
    renew?: (worker: Worker) => Promise<Worker>;
  },
): AsyncGenerator<TurnDone, Timing[], undefined> {
  const timings = workers.map(({ name }): Timing => ({
    name,
    times_ms: [],
    rounds_ms: [],
    paces: [],
    n: 0,
    rss_mb: 0,
    dirty: 0,
  }));
  const taken = workers.map((): TurnTaken[] => []);
  const usedTime = workers.map(() => 0);
  let fastest = Infinity;
  const current = [...workers];
  await setTimeout(rest);
  for (let round = 0; round < rounds; round++)
    for (const [i, { name }] of workers.entries()) {
      const timing = timings[i]!;
      if (timing.error === undefined && (round === 0 || usedTime[i]! < budget)) {
        const startTime = performance.now();
        try {
          if (round > 0 && renew) {
            current[i] = await renew(current[i]!);
            await setTimeout(rest);
          }
          const turnTaken = await cleanTurn(current[i]!, { seconds, watch, yardstick, fastest });
          const { turn, pace } = turnTaken;
          taken[i]!.push(turnTaken);
          fastest = turnTaken.fastest;
          timing.times_ms.push(...(turn.times_ms ?? [turn.median_ms]));
          timing.rounds_ms.push(turn.median_ms);
          if (pace !== undefined) timing.paces.push(pace);
          timing.n += turn.n;
          timing.rss_mb = Math.max(timing.rss_mb, turn.rss_mb);
          timing.version = turn.version;
        } catch (error) {
          timing.error = error;
          current[i]!.stop();
        }
        usedTime[i]! += (performance.now() - startTime) / 1000;
      }
      yield {
        name,
        done: (round * workers.length + i + 1) / (rounds * workers.length),
      };
    }
  // Only now is it known how fast the machine can be.
  for (const [i, timing] of timings.entries())
    timing.dirty = taken[i]!.filter((each) => disturbanceOf(each, fastest) > disturbanceLimit).length; // prettier-ignore
  return timings;
}

interface TurnTaken {
  readonly turn: Turn;
  /** Share of the processor that others took in it. */
  readonly foreign: number;
  readonly pace?: Pace;
}

const disturbanceOf = ({ foreign, pace }: TurnTaken, fastest: number): number =>
  Math.max(foreign, pace === undefined ? 0 : pace.arithmetic_ms / fastest - 1);

/** @param options.fastest milliseconds of the yardstick's arithmetic at the machine's best so far; returned anew */
async function cleanTurn(
  worker: Worker,
  {
    seconds,
    watch,
    yardstick,
    fastest,
  }: { seconds: number; watch: Watch; yardstick: Yardstick | undefined; fastest: number },
): Promise<TurnTaken & { fastest: number }> {
  const steps = Math.round((1000 * seconds) / Math.max(worker.warm, 0.01));
  let cleanest: TurnTaken | undefined;
  for (let attempt = 0; attempt <= repeats; attempt++) {
    const before = await yardstick?.measure();
    const startTime = performance.now();
    const end = watch(worker.pid === undefined ? [] : [worker.pid]);
    const turn = await worker.turn(Math.min(4000, Math.max(1, steps)));
    const foreign = end() ?? 0;
    const elapsed = performance.now() - startTime;
    await setTimeout(rest);
    const after = await yardstick?.measure();
    const pace = before && after && between(before, after);
    const taken: TurnTaken = { turn, foreign, ...(pace && { pace }) };
    for (const each of [before, after])
      fastest = Math.min(fastest, each?.arithmetic_ms ?? Infinity);
    if (cleanest === undefined || disturbanceOf(taken, fastest) < disturbanceOf(cleanest, fastest)) cleanest = taken; // prettier-ignore
    // A long turn averages over disturbances.
    if (disturbanceOf(cleanest, fastest) <= disturbanceLimit || elapsed > longTurn) break;
  }
  return { ...cleanest!, fastest };
}

const between = (a: Pace, b: Pace): Pace => ({
  arithmetic_ms: Math.sqrt(a.arithmetic_ms * b.arithmetic_ms),
  memory_ms: Math.sqrt(a.memory_ms * b.memory_ms),
});

/** How many times slower `timing` is than `reference`: the median of the rounds' ratios. */
export function ratioOf(timing: Timing, reference: Timing): number {
  for (const one of [timing, reference]) {
    checkArgument("ratioOf", "timing", one, "object");
    checkArgument("ratioOf", "rounds_ms", one.rounds_ms, "array");
  }
  return median(timing.rounds_ms.map((ms, round) => ms / (reference.rounds_ms[round] ?? NaN)));
}
