import { describe, expect, it } from "vitest";
import { compare } from "./compare";
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

const verdicts = (before: Partial<BenchRecord>, after: Partial<BenchRecord>) =>
  compare([record(before)], [record(after)]).comparisons.map(({ verdict }) => verdict);

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
      [record({ median_ms: 0, rss_mb: 3, top1: 0.5 })],
      [record({ median_ms: 0, top1: 0.5 })],
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
      [record({ batch: 1, median_ms: 1 }), record({ batch: 8, median_ms: 1 })],
      [record({ batch: 1, median_ms: 1 }), record({ batch: 64, median_ms: 99 })],
    );
    expect(comparisons).toHaveLength(1);
    expect(onlyBefore).toEqual(["speed · lenet5 · predict · onnx · cpu · 8"]);
    expect(onlyAfter).toEqual(["speed · lenet5 · predict · onnx · cpu · 64"]);
  });
});
