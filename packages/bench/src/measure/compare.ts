// Two runs side by side: what became slower, larger or less accurate.
import { checkArgument, checkOptions } from "@cajal/core";
import { ratioInterval } from "./bootstrap";
import { type BenchRecord, identityOf } from "./record";

export interface Comparison {
  /** Which measurement, see `identityOf`. */
  what: string;
  measure: "median_ms" | "rss_mb" | "top1" | "top5";
  before: number;
  after: number;
  /** after / before; 1 where both are 0. */
  ratio: number;
  /** The 99 % interval of the ratio, for times with rounds, or of eight pairs or more. */
  interval?: readonly [low: number, high: number];
  /** How many times as long a fixed calculation took beside the rounds, where both runs have that. */
  machine?: number;
  verdict: "regression" | "improvement" | "same";
}

/** What counts as a change. */
export interface CompareOptions {
  /** Relative difference of time or memory that counts; default 0.1. */
  threshold?: number;
  /** Relative difference that the whole interval of a time with rounds must exceed; default 0.02. */
  surely?: number;
  /** Difference of accuracies that counts; default 0.005. */
  accuracyThreshold?: number;
}

export interface Compared {
  comparisons: Comparison[];
  /** Measurements that only one of the runs has; a field that is missing in a common record as `what: measure`. */
  onlyBefore: string[];
  onlyAfter: string[];
}

/**
 * Compares measurements with equal identity; of several with the same identity the last is used.
 *
 * Times with rounds in both runs are tested against noise: a difference counts where the whole interval of the ratio
 * is beyond `surely`. Where both have measured the machine beside their rounds, the interval holds the ratio as it is
 * and in units of the machine's arithmetic and memory: what a slower machine may explain is no regression. For times
 * without rounds, and for memory, the fixed `threshold` applies.
 */
export function compare(
  before: readonly BenchRecord[],
  after: readonly BenchRecord[],
  options: CompareOptions = {},
): Compared {
  checkOptions("compare", options, {
    threshold: { least: 0 },
    surely: { least: 0 },
    accuracyThreshold: { least: 0 },
  });
  const beforeById = byIdentity(before);
  const afterById = byIdentity(after);
  const comparisons: Comparison[] = [];
  const removed: string[] = [];
  for (const [what, beforeRecord] of beforeById) {
    const afterRecord = afterById.get(what);
    if (afterRecord === undefined) continue;
    for (const measure of ["median_ms", "rss_mb", "top1", "top5"] as const) {
      const a = beforeRecord[measure];
      const b = afterRecord[measure];
      if (a !== undefined && b === undefined) removed.push(`${what}: ${measure}`);
      if (a === undefined || b === undefined) continue;
      const sure = measure === "median_ms" ? sureInterval(beforeRecord, afterRecord) : undefined;
      const one = {
        what,
        measure,
        before: a,
        after: b,
        ratio: sure?.ratio ?? (a === b ? 1 : b / a),
        ...(sure && { interval: [sure.low, sure.high] as const }),
        ...(sure?.machine !== undefined && { machine: sure.machine }),
      };
      comparisons.push({ ...one, verdict: verdictOf(one, options) });
    }
  }
  return {
    comparisons,
    onlyBefore: [...[...beforeById.keys()].filter((what) => !afterById.has(what)), ...removed],
    onlyAfter: [...afterById.keys()].filter((what) => !beforeById.has(what)),
  };
}

/** What a difference counts as: by its interval where there is one, else by how large it is. */
export function verdictOf(
  { measure, before, after, ratio, interval }: Omit<Comparison, "verdict">,
  { threshold = 0.1, surely = 0.02, accuracyThreshold = 0.005 }: CompareOptions,
): Comparison["verdict"] {
  if (interval !== undefined) {
    const [low, high] = interval;
    return low > 1 + surely ? "regression" : high < 1 / (1 + surely) ? "improvement" : "same";
  }
  const isAccuracy = measure === "top1" || measure === "top5";
  // The change for the worse, in the unit of the threshold.
  const worse = isAccuracy ? before - after : ratio - 1;
  const better = isAccuracy ? after - before : 1 / ratio - 1;
  const limit = isAccuracy ? accuracyThreshold : threshold;
  return worse > limit ? "regression" : better > limit ? "improvement" : "same";
}

/** The interval of the ratio of the rounds, from the lowest to the highest that the speed of the machine allows. */
function sureInterval(before: BenchRecord, after: BenchRecord) {
  const [a, b] = [before.rounds_ms ?? [], after.rounds_ms ?? []];
  const plain = ratioInterval(a, b);
  if (plain === undefined) return undefined;
  const intervals = [plain];
  let machine: number | undefined;
  for (const field of ["rounds_arithmetic_ms", "rounds_memory_ms"] as const) {
    const [paceA, paceB] = [before[field] ?? [], after[field] ?? []];
    if (paceA.length !== a.length || paceB.length !== b.length) continue;
    const inPace = ratioInterval(a.map((ms, i) => ms / paceA[i]!), b.map((ms, i) => ms / paceB[i]!)); // prettier-ignore
    if (inPace === undefined) continue;
    intervals.push(inPace);
    if (field === "rounds_arithmetic_ms") machine = plain.ratio / inPace.ratio;
  }
  return {
    ratio: plain.ratio,
    low: Math.min(...intervals.map(({ low }) => low)),
    high: Math.max(...intervals.map(({ high }) => high)),
    machine,
  };
}

function byIdentity(records: readonly BenchRecord[]): Map<string, BenchRecord> {
  checkArgument("compare", "records", records, "array");
  return new Map(records.map((record) => [identityOf(record), record]));
}
