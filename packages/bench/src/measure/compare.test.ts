import { describe, expect, it } from "vitest";
import { compare, type Comparison } from "./compare";
import { recordWith } from "../../testing/record";
import type { BenchRecord } from "./record";

const verdicts = (before: Partial<BenchRecord>, after: Partial<BenchRecord>) =>
  compare([recordWith(before)], [recordWith(after)]).comparisons.map(({ verdict }) => verdict);

describe("compare", () => {
  it("calls more than a tenth slower a regression, and a tenth faster an improvement", () => {
    expect(verdicts({ median_ms: 10 }, { median_ms: 11.1 })).toEqual(["regression"]);
    expect(verdicts({ median_ms: 10 }, { median_ms: 10.9 })).toEqual(["same"]);
    expect(verdicts({ median_ms: 10 }, { median_ms: 9 })).toEqual(["improvement"]);
    expect(verdicts({ rss_mb: 100 }, { rss_mb: 120 })).toEqual(["regression"]);
  });

  it("takes higher accuracy as better, by differences", () => {
    expect(verdicts({ top1: 0.98 }, { top1: 0.97 })).toEqual(["regression"]);
    expect(verdicts({ top1: 0.98 }, { top1: 0.976 })).toEqual(["same"]);
    expect(verdicts({ top1: 0.97 }, { top1: 0.98 })).toEqual(["improvement"]);
  });

  it("names a measure that one run lacks, and takes times of 0 as they are", () => {
    const { comparisons, onlyBefore } = compare(
      [recordWith({ median_ms: 0, rss_mb: 3, top1: 0.5 })],
      [recordWith({ median_ms: 0, top1: 0.5 })],
    );
    expect(comparisons.map(({ ratio, verdict }) => [ratio, verdict])).toEqual([
      [1, "same"],
      [1, "same"],
    ]);
    expect(onlyBefore).toEqual(["speed · lenet5 · predict · onnx · cpu · 1: rss_mb"]);
    expect(verdicts({ median_ms: 0 }, { median_ms: 1 })).toEqual(["regression"]);
    expect(verdicts({ median_ms: 1 }, { median_ms: 0 })).toEqual(["improvement"]);
  });

  it("compares only equal identities, and names what one run lacks", () => {
    const { comparisons, onlyBefore, onlyAfter } = compare(
      [recordWith({ batch: 1, median_ms: 1 }), recordWith({ batch: 8, median_ms: 1 })],
      [recordWith({ batch: 1, median_ms: 1 }), recordWith({ batch: 64, median_ms: 99 })],
    );
    expect(comparisons).toHaveLength(1);
    expect(onlyBefore).toEqual(["speed · lenet5 · predict · onnx · cpu · 8"]);
    expect(onlyAfter).toEqual(["speed · lenet5 · predict · onnx · cpu · 64"]);
  });

  it("takes what a slower machine may explain for no regression", () => {
    const run = (factor: number, pace: number): Partial<BenchRecord> => ({
      median_ms: 10 * factor,
      rounds_ms: [10, 10.1, 9.9, 10, 10].map((ms) => ms * factor),
      rounds_arithmetic_ms: [4, 4.01, 3.99, 4, 4].map((ms) => ms * pace),
      rounds_memory_ms: [8, 8, 8, 8, 8],
    });
    expect(verdicts(run(1, 1), run(1.1, 1))).toEqual(["regression"]);
    expect(verdicts(run(1, 1), run(2, 2))).toEqual(["same"]);
    expect(verdicts(run(2, 2), run(1, 1))).toEqual(["same"]);
    // Slower than the machine became.
    expect(verdicts(run(1, 1), run(2.2, 2))).toEqual(["regression"]);
    // On a faster machine, as slow as before: that may be a regression, and may not.
    expect(verdicts(run(1, 2), run(1, 1))).toEqual(["same"]);
    const [{ machine, interval }] = compare([recordWith(run(1, 1))], [recordWith(run(2, 2))]).comparisons as [Comparison]; // prettier-ignore
    expect(machine).toBeCloseTo(2, 10);
    expect(interval![0]).toBeLessThan(1);
    expect(interval![1]).toBeGreaterThan(2);
  });
});
