import { describe, expect, it } from "vitest";
import { comparePairs, type Pair } from "./comparePairs";
import type { BenchRecord } from "./record";

const record = (fields: Partial<BenchRecord>): BenchRecord => ({
  suite: "speed",
  model: "lenet5",
  phase: "predict",
  engine: "onnx",
  device: "cpu",
  batch: 1,
  n: 100,
  seed: 42,
  versions: {},
  host: "a machine",
  at: "2026-01-01T00:00:00.000Z",
  ...fields,
});

/** A run whose two rounds are within 1 % of a time. */
const run = (ms: number) => [record({ median_ms: ms, rounds_ms: [ms * 0.995, ms * 1.005] })];

/** Pairs of which the second run takes so many times as long. */
const pairsOf = (ratios: readonly number[]): Pair[] => ratios.map((r) => [run(10), run(10 * r)]);

describe("comparePairs", () => {
  it("takes the median of the ratios, and the interval of the sign test", () => {
    // Of nine, P(X < 2) = 10/512 on each side: the second and the eighth.
    const ratios = [1.1, 2.3, 1.09, 1.12, 1.08, 1.11, 0.4, 1.13, 1.07];
    const [one] = comparePairs(pairsOf(ratios)).comparisons;
    expect(one!.ratio).toBeCloseTo(1.1, 12);
    expect(one!.interval![0]).toBeCloseTo(1.07, 12);
    expect(one!.interval![1]).toBeCloseTo(1.13, 12);
    expect(one!.verdict).toBe("regression");
    // Of six the first and the last: 2/64.
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
    const of = (rss: number, top1: number) => [record({ rss_mb: rss, top1 })];
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
