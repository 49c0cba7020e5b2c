import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { relativeDifference } from "./agreement";

const logits = (...values: number[]) => tensor("float64", [2, 3], values);

it("is the worst example's largest difference over its largest logit", () => {
  // Example 1: 0.5 / 4; example 2: 0.1 / 0.2.
  expect(
    relativeDifference(logits(1, -3.5, 2, 0.1, 0.2, -0.2), logits(1, -4, 2, 0.1, 0.1, -0.2)),
  ).toBeCloseTo(0.1 / 0.2, 12);
  expect(relativeDifference(logits(1, -3.5, 2, 0, 0, 1), logits(1, -4, 2, 0, 0, 1))).toBe(0.125);
});

it("is 0 for equal logits, zeros too, and not a number where one is missing", () => {
  expect(relativeDifference(logits(1, 2, 3, 0, 0, 0), logits(1, 2, 3, 0, 0, 0))).toBe(0);
  expect(relativeDifference(logits(1, 2, 3, 0, NaN, 0), logits(1, 2, 3, 0, 0, 0))).toBeNaN();
});

it("refuses different shapes", () => {
  expect(() => relativeDifference(logits(1, 2, 3, 4, 5, 6), tensor("float64", [3, 2]))).toThrow(
    expect.objectContaining({ code: "bad-shape" }),
  );
});
