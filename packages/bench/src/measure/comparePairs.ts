// Several runs a side, taken in turns: on a machine whose speed changes from minute to minute, as that of a virtual one
// does, one pair of runs says more of the minute than of the program. The middle of several pairs does not depend on the few
// that are far off.
import { CajalError, checkArgument } from "@cajal/core";
import { confidence } from "./bootstrap";
import { compare, type CompareOptions, type Compared, type Comparison, verdictOf } from "./compare";
import type { BenchRecord } from "./record";
import { median } from "./statistics";

/** A run, and the one that was measured right after it. */
export type Pair = readonly [before: readonly BenchRecord[], after: readonly BenchRecord[]];

/** From so many on, the extreme ratios hold the middle of all that there could be in 99 % of the cases. */
const fewestForInterval = 8;

/**
 * Compares pairs of runs that were measured in turns: before, after, before, after … Each pair gives a ratio of times;
 * theirs is the estimate of Hodges and Lehmann (1963, doi:10.1214/aoms/1177704172), and its 99 % interval that of
 * Wilcoxon's signed-rank test, so a few pairs may be far off, and runs need no rounds. With less than eight pairs there is
 * no such interval: the one that holds those of all pairs is taken. Memory and accuracy are judged by their medians.
 *
 * @param options as of {@link compare}
 * @throws CajalError `bad-argument` without a pair
 */
export function comparePairs(pairs: readonly Pair[], options: CompareOptions = {}): Compared {
  checkArgument("comparePairs", "pairs", pairs, "array");
  if (pairs.length === 0)
    throw new CajalError("bad-argument", "comparePairs: got no pair of runs, expected at least one.", {}); // prettier-ignore
  for (const pair of pairs) checkArgument("comparePairs", "each pair", pair, "array");
  const each = pairs.map(([before, after]) => compare(before, after, options));
  const byName = new Map<string, Comparison[]>();
  for (const one of each.flatMap(({ comparisons }) => comparisons)) {
    const name = `${one.what}: ${one.measure}`;
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  const complete = [...byName].filter(([, all]) => all.length === pairs.length);
  const incomplete = [...byName].filter(([, all]) => all.length < pairs.length);
  const only = (side: "onlyBefore" | "onlyAfter") => each.flatMap((pair) => pair[side]);
  return {
    comparisons: complete.map(([, all]) => combined(all, options)),
    // What some pairs have and others do not may be what crashes now and then.
    onlyBefore: [...new Set([...only("onlyBefore"), ...incomplete.map(([name]) => name)])],
    onlyAfter: [...new Set(only("onlyAfter"))],
  };
}

function combined(all: readonly Comparison[], options: CompareOptions): Comparison {
  const { what, measure } = all[0]!;
  const [before, after] = [median(all.map((one) => one.before)), median(all.map((one) => one.after))]; // prettier-ignore
  const ratios = all.map(({ ratio }) => ratio);
  const machines = all.flatMap(({ machine }) => machine ?? []);
  const intervals = all.flatMap(({ interval }) => (interval ? [interval] : []));
  const middle = measure === "median_ms" ? middleOf(ratios) : undefined;
  const hull = [
    Math.min(...intervals.map(([low]) => low)),
    Math.max(...intervals.map(([, high]) => high)),
  ] as const;
  const interval = middle?.interval ?? (intervals.length === all.length ? hull : undefined);
  const ratio = middle?.ratio ?? median(ratios);
  const one = { what, measure, before, after, ratio, ...(interval && { interval }) };
  return {
    ...one,
    ...(machines.length === all.length && { machine: median(machines) }),
    verdict: verdictOf(one, options),
  };
}

/**
 * The middle of ratios and its 99 % interval: of the means of all two logarithms, each with itself too, the median, and
 * the k-th from both ends, k − 1 being the largest sum of ranks that is significant by the exact distribution.
 *
 * @returns undefined of fewer than eight
 */
function middleOf(ratios: readonly number[]) {
  const n = ratios.length;
  if (n < fewestForInterval) return undefined;
  const logs = ratios.map(Math.log);
  const means = logs.flatMap((a, i) => logs.slice(i).map((b) => (a + b) / 2)).sort((a, b) => a - b); // prettier-ignore
  // How likely each sum of the ranks of negative signs is.
  let chances = [1];
  for (let rank = 1; rank <= n; rank++)
    chances = Array.from({ length: chances.length + rank }, (_, sum) => ((chances[sum] ?? 0) + (chances[sum - rank] ?? 0)) / 2); // prettier-ignore
  let [k, tail] = [0, chances[0]!];
  while (2 * tail <= 1 - confidence) tail += chances[++k]!;
  const interval = [Math.exp(means[k - 1]!), Math.exp(means[means.length - k]!)] as const;
  return { ratio: Math.exp(median(means)), interval };
}
