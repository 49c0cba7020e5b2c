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
  /** Of times with rounds: what the ratio is for sure, 95 %. */
  interval?: readonly [low: number, high: number];
  verdict: "regression" | "improvement" | "same";
}

export interface Compared {
  comparisons: Comparison[];
  /** Measurements that only one of the runs has; of a record that both have, `what: measure`. */
  onlyBefore: string[];
  onlyAfter: string[];
}

/**
 * Compares measurements of the same identity; of several with one identity, the last counts.
 *
 * Times that have their rounds on both sides are told apart from noise: a difference counts where the whole interval
 * of the ratio is beyond `surely`. Times without rounds, and memory, have the fixed `threshold`.
 *
 * @param options.threshold share by which time or memory must differ to count, default 0.1
 * @param options.surely share by which a time with rounds must differ for sure, default 0.02
 * @param options.accuracyThreshold difference of accuracies that counts, default 0.005
 */
export function compare(
  before: readonly BenchRecord[],
  after: readonly BenchRecord[],
  options: { threshold?: number; surely?: number; accuracyThreshold?: number } = {},
): Compared {
  checkOptions("compare", options, {
    threshold: { least: 0 },
    surely: { least: 0 },
    accuracyThreshold: { least: 0 },
  });
  const { threshold = 0.1, surely = 0.02, accuracyThreshold = 0.005 } = options;
  const old = byIdentity(before);
  const young = byIdentity(after);
  const comparisons: Comparison[] = [];
  const removed: string[] = [];
  for (const [what, then] of old) {
    const now = young.get(what);
    if (now === undefined) continue;
    for (const measure of ["median_ms", "rss_mb", "top1", "top5"] as const) {
      const a = then[measure];
      const b = now[measure];
      if (a !== undefined && b === undefined) removed.push(`${what}: ${measure}`);
      if (a === undefined || b === undefined) continue;
      const accuracy = measure === "top1" || measure === "top5";
      const sure = measure === "median_ms" ? ratioInterval(then.rounds_ms ?? [], now.rounds_ms ?? []) : undefined; // prettier-ignore
      if (sure !== undefined) {
        const { ratio, low, high } = sure;
        const verdict = low > 1 + surely ? "regression" : high < 1 / (1 + surely) ? "improvement" : "same"; // prettier-ignore
        comparisons.push({ what, measure, before: a, after: b, ratio, interval: [low, high], verdict }); // prettier-ignore
        continue;
      }
      const ratio = a === b ? 1 : b / a;
      // How much worse, in what the threshold is in.
      const worse = accuracy ? a - b : ratio - 1;
      const better = accuracy ? b - a : 1 / ratio - 1;
      const limit = accuracy ? accuracyThreshold : threshold;
      comparisons.push({
        what,
        measure,
        before: a,
        after: b,
        ratio,
        verdict: worse > limit ? "regression" : better > limit ? "improvement" : "same",
      });
    }
  }
  return {
    comparisons,
    onlyBefore: [...[...old.keys()].filter((what) => !young.has(what)), ...removed],
    onlyAfter: [...young.keys()].filter((what) => !old.has(what)),
  };
}

function byIdentity(records: readonly BenchRecord[]): Map<string, BenchRecord> {
  checkArgument("compare", "records", records, "array");
  return new Map(records.map((record) => [identityOf(record), record]));
}
