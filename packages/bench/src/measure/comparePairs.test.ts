import { describe, expect, it } from "vitest";
import { comparePairs, type Pair } from "./comparePairs";
import { recordWith } from "../../testing/record";

/** A run whose two rounds are within 1 % of a time. */
const run = (ms: number) => [recordWith({ median_ms: ms, rounds_ms: [ms * 0.995, ms * 1.005] })];

/** Pairs of which the second run takes so many times as long. */
const pairsOf = (ratios: readonly number[]): Pair[] => ratios.map((r) => [run(10), run(10 * r)]);

describe("comparePairs", () => {
  it("takes the middle of the ratios, and the interval of the signed-rank test", () => {
    // Logarithms of 0.00, 0.01, … 0.08. Of nine a sum of ranks of 1 is significant at 1 % (Wilcoxon's table), so
    // the second of their means counts: 0, 0.005.
    const steps = [4, 0, 7, 2, 8, 1, 5, 3, 6].map((i) => Math.exp(i / 100));
    const [one] = comparePairs(pairsOf(steps)).comparisons;
    expect(Math.log(one!.ratio)).toBeCloseTo(0.04, 12);
    expect(Math.log(one!.interval![0])).toBeCloseTo(0.005, 12);
    expect(Math.log(one!.interval![1])).toBeCloseTo(0.075, 12);
    expect(one!.verdict).toBe("same");
    // Two that are far off do not hide a tenth.
    const tenth = [1.1, 2.3, 1.09, 1.12, 1.08, 1.11, 0.6, 1.13, 1.07, 1.1, 1.09, 1.12, 1.1, 1.08, 1.11, 1.13]; // prettier-ignore
    expect(comparePairs(pairsOf(tenth)).comparisons[0]!.verdict).toBe("regression");
    // Of eight the first and the last.
    const eight = comparePairs(pairsOf([1.1, 2.3, 1.09, 1.12, 0.4, 1.11, 1.1, 1.1]))
      .comparisons[0]!;
    expect(eight.interval![0]).toBeCloseTo(0.4, 12);
    expect(eight.interval![1]).toBeCloseTo(2.3, 12);
    expect(eight.verdict).toBe("same");
  });

  it("has the widest of the intervals where pairs are fewer than eight", () => {
    const [one] = comparePairs(pairsOf([1.1, 1.2])).comparisons;
    expect(one!.interval![0]).toBeLessThan(1.09);
    expect(one!.interval![1]).toBeGreaterThan(1.21);
  });

  it("takes pairs of runs without rounds", () => {
    const pairs = [1.1, 1.13, 1.09, 1.12, 1.08, 1.11, 1.1, 1.12].map((ratio): Pair => [[recordWith({ median_ms: 10 })], [recordWith({ median_ms: 10 * ratio })]]); // prettier-ignore
    const { interval, verdict } = comparePairs(pairs).comparisons[0]!;
    expect(interval![0]).toBeCloseTo(1.08, 12);
    expect(interval![1]).toBeCloseTo(1.13, 12);
    expect(verdict).toBe("regression");
  });

  it("judges memory and accuracy by their medians", () => {
    const of = (rss: number, top1: number) => [recordWith({ rss_mb: rss, top1 })];
    const pairs: Pair[] = [
      [of(100, 0.9), of(120, 0.9)],
      [of(100, 0.9), of(100, 0.8)],
      [of(100, 0.9), of(130, 0.91)],
    ];
    expect(
      comparePairs(pairs).comparisons.map(({ measure, before, after, verdict }) => [measure, before, after, verdict]), // prettier-ignore
    ).toEqual([
      ["rss_mb", 100, 120, "regression"],
      ["top1", 0.9, 0.9, "same"],
    ]);
  });

  it("names what is missing in some of the pairs", () => {
    const { comparisons, onlyBefore } = comparePairs([
      [run(10), run(10)],
      [run(10), []],
      [[], []],
    ]);
    expect(comparisons).toEqual([]);
    expect(onlyBefore).toEqual([
      "speed · lenet5 · predict · onnx · cpu · 1",
      "speed · lenet5 · predict · onnx · cpu · 1: median_ms",
    ]);
    expect(() => comparePairs([])).toThrow("got no pair of runs, expected at least one");
  });
});
