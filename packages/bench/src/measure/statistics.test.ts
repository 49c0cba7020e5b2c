import { expect, it } from "vitest";
import { median, p90, quantile } from "./statistics";

it("finds the median of an odd and an even number of values, in any order", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it("interpolates the 90th percentile", () => {
  // Of 1 … 11 position 0.9 · 10 = 9: the tenth value. Of 1 … 5 position 3.6: 4 + 0.6.
  expect(p90([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])).toBe(10);
  expect(p90([1, 2, 3, 4, 5])).toBeCloseTo(4.6, 12);
});

it("sorts by size, not by spelling", () => {
  expect(quantile([10, 9, 100], 1)).toBe(100);
  expect(median([10, 9, 100])).toBe(10);
});

it("has no number for no values, and where one of them is none", () => {
  // As NumPy's quantile.
  for (const values of [[], [1, NaN, 3], [NaN, 1, 3, 2], [3, 2, NaN]])
    for (const q of [0, 0.5, 0.9]) expect(quantile(values, q)).toBeNaN();
});
