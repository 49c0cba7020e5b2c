import { describe, expect, it } from "vitest";
import { comparePairs, type Pair } from "./comparePairs";
import { recordWith } from "../../testing/record";

/** A run whose two rounds are within 1 % of a time. */
const run = (ms: number) => [recordWith({ median_ms: ms, rounds_ms: [ms * 0.995, ms * 1.005] })];

/** Pairs of which the second run takes so many times as long. */
const pairsOf = (ratios: readonly number[]): Pair[] => ratios.map((r) => [run(10), run(10 * r)]);

describe("comparePairs", () => {
  it("takes the middle of the ratios, and the interval of the signed-rank test", () => {
    // Logarithms of 0.00, 0.01, … 0.08. Of nine a sum of ranks of 5 is significant (Wilcoxon's table), so the sixth of
    // their means counts: 0, 0.005, 0.01, 0.01, 0.015, 0.015.
    const steps = [4, 0, 7, 2, 8, 1, 5, 3, 6].map((i) => Math.exp(i / 100));
    const [one] = comparePairs(pairsOf(steps)).comparisons;
    expect(Math.log(one!.ratio)).toBeCloseTo(0.04, 12);
    expect(Math.log(one!.interval![0])).toBeCloseTo(0.015, 12);
    expect(Math.log(one!.interval![1])).toBeCloseTo(0.065, 12);
    expect(one!.verdict).toBe("same");
    // Two that are far off do not hide a tenth.
    const tenth = [1.1, 2.3, 1.09, 1.12, 1.08, 1.11, 0.6, 1.13, 1.07, 1.1, 1.09, 1.12];
    expect(comparePairs(pairsOf(tenth)).comparisons[0]!.verdict).toBe("regression");
    // Of six the first and the last.
    const six = comparePairs(pairsOf([1.1, 2.3, 1.09, 1.12, 0.4, 1.11])).comparisons[0]!;
    expect(six.interval![0]).toBeCloseTo(0.4, 12);
    expect(six.interval![1]).toBeCloseTo(2.3, 12);
    expect(six.verdict).toBe("same");
  });

  it("has the widest of the intervals where pairs are fewer than six", () => {
    const [one] = comparePairs(pairsOf([1.1, 1.2])).comparisons;
    expect(one!.interval![0]).toBeLessThan(1.09);
    expect(one!.interval![1]).toBeGreaterThan(1.21);
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
