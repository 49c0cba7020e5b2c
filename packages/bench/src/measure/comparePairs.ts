// Several runs a side, taken in turns: on a machine whose speed changes from minute to minute, as that of a virtual one
// does, one pair of runs says more of the minute than of the program. Of several pairs the median does not.
import { CajalError, checkArgument } from "@cajal/core";
import { compare, type CompareOptions, type Compared, type Comparison, verdictOf } from "./compare";
import type { BenchRecord } from "./record";
import { median } from "./statistics";

/** A run, and the one that was measured right after it. */
export type Pair = readonly [before: readonly BenchRecord[], after: readonly BenchRecord[]];

/** From so many on, the extreme ratios hold the median of all that there could be in 95 % of the cases. */
const fewestForInterval = 6;

/**
 * Compares pairs of runs that were measured in turns: before, after, before, after … Each pair gives a ratio, and the
 * ratio is their median. Its 95 % interval follows from the order of the ratios alone (that of the sign test), so a few
 * pairs may be far off. With less than six pairs there is no such interval: theirs is the one that holds those of all.
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
  const ratio = median(all.map((one) => one.ratio));
  const machines = all.flatMap(({ machine }) => machine ?? []);
  const intervals = all.flatMap(({ interval }) => (interval ? [interval] : []));
  const interval =
    intervals.length < all.length
      ? undefined
      : (medianInterval(all.map((one) => one.ratio)) ??
        ([
          Math.min(...intervals.map(([low]) => low)),
          Math.max(...intervals.map(([, high]) => high)),
        ] as const));
  const one = { what, measure, before, after, ratio, ...(interval && { interval }) };
  return {
    ...one,
    ...(machines.length === all.length && { machine: median(machines) }),
    verdict: verdictOf(one, options),
  };
}

/**
 * The interval that holds the median in at least 95 % of the cases, whatever the distribution: from the j-th value to the
 * j-th from the end, j the largest for which 2 P(fewer than j of n tosses are heads) ≤ 5 %.
 *
 * @returns undefined of fewer than six values
 */
function medianInterval(values: readonly number[]): readonly [number, number] | undefined {
  const n = values.length;
  if (n < fewestForInterval) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  let [j, chance, tail] = [0, 2 ** -n, 2 ** -n];
  while (2 * tail <= 0.05) {
    j++;
    chance *= (n - j + 1) / j;
    tail += chance;
  }
  return [sorted[j - 1]!, sorted[n - j]!];
}
