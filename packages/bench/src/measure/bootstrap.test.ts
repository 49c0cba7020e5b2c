import { random } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { ratioInterval } from "./bootstrap";
import { compare } from "./compare";
import { wilson } from "./interval";
import { recordWith } from "../../testing/record";

const numbers = random(1, "noise");
/** Sum of twelve uniform numbers less 6: nearly normal. */
const normal = () => Array.from({ length: 12 }, () => numbers.float()).reduce((a, b) => a + b) - 6;
/** Rounds of 10 ms, slower by a factor, with 3 % noise. */
const rounds = (factor = 1) => Array.from({ length: 8 }, () => 10 * factor * Math.exp(0.03 * normal())); // prettier-ignore

const record = (rounds_ms: number[]) =>
  recordWith({ rounds_ms, median_ms: rounds_ms.toSorted((a, b) => a - b)[rounds_ms.length >> 1]! });
const verdict = (before: number[], after: number[]) =>
  compare([record(before)], [record(after)]).comparisons[0]!.verdict;

describe("comparing runs by their rounds", () => {
  it("raises no alarm in twenty clean pairs", () => {
    const verdicts = Array.from({ length: 20 }, () => verdict(rounds(), rounds()));
    expect(verdicts).toEqual(Array.from({ length: 20 }, () => "same"));
  });

  it("finds a slowdown of 10 %, and its mending", () => {
    const verdicts = Array.from({ length: 20 }, () => verdict(rounds(), rounds(1.1)));
    expect(verdicts.filter((each) => each === "regression").length).toBeGreaterThanOrEqual(19);
    expect(verdict(rounds(1.1), rounds())).toBe("improvement");
  });

  it("has an interval that covers the truth as often as it says", () => {
    let covered = 0;
    for (let i = 0; i < 200; i++) {
      const { low, high } = ratioInterval(rounds(), rounds(1.05), { resamples: 400 })!;
      if (low <= 1.05 && 1.05 <= high) covered++;
    }
    // 95 % of 200 are 190, give or take 3 a standard deviation; the widened interval may cover more.
    expect(covered).toBeGreaterThan(182);
  });

  it("has none of one round, or of a time of 0", () => {
    expect(ratioInterval([1], [1, 2])).toBeUndefined();
    expect(ratioInterval([0, 1], [1, 2])).toBeUndefined();
    const { low, ratio, high } = ratioInterval([10, 10], [20, 20])!;
    for (const value of [low, ratio, high]) expect(value).toBeCloseTo(2, 10);
  });
});

it("knows how sure a counted share is", () => {
  // Of 419 in 500, z² = 3.8415: (0.838 + z²/1000) / (1 + z²/500) = 0.83542, and 0.03228 to each side.
  const [low, high] = wilson(0.838, 500);
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(["0.8031", "0.8677"]);
  expect(wilson(1, 10)[1]).toBeCloseTo(1, 12);
  expect(wilson(0, 10)[0]).toBeCloseTo(0, 12);
});
