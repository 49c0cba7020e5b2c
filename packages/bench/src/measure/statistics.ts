// Quantiles of timings.
import { checkArgument, checkNumber } from "@cajal/core";

/**
 * The quantile `q` of values, linearly interpolated
 * (Hyndman and Fan's type 7, the default of NumPy and R).
 *
 * @param q 0–1; 0.5 is the median
 * @returns NaN when there are no values, or one of them is NaN
 */
export function quantile(values: readonly number[], q: number): number {
  checkArgument("quantile", "values", values, "iterable");
  checkNumber("quantile", "q", q, { least: 0, most: 1 });
  const sorted = [...values].sort((a, b) => a - b);
  // NaN has no place in an order.
  if (sorted.some(Number.isNaN)) return NaN;
  const position = q * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The 90th percentile: nine in ten calls take at most this long. */
export const p90 = (values: readonly number[]): number => quantile(values, 0.9);
