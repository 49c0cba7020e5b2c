// How much the results of a GPU may differ from the CPU's.
import type { Tensor } from "@cajal/core";

// GPUs round products to 10 bits (TF32), and errors add up over layers; wrong results differ by the values' own size.
const deviationTolerance = 0.05;
const largestTolerance = 1e-3;

export interface Difference {
  readonly difference: number;
  /** The largest expected value. */
  readonly largest: number;
}

/**
 * The largest difference, where it is more than rounding; undefined otherwise. The tolerance depends on the standard
 * deviation and on the largest of the expected values.
 */
export function differenceBeyond(got: Tensor, expected: Tensor): Difference | undefined {
  const values = Array.from(expected.data, Number);
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  const difference = values.reduce((max, value, i) => {
    const distance = Math.abs(Number(got.data[i]) - value);
    return distance <= max ? max : distance; // NaN is the largest
  }, 0);
  return difference <= deviationTolerance * Math.sqrt(variance) + largestTolerance * largest
    ? undefined
    : { difference, largest };
}
