// By how much a GPU's numbers may differ from the CPU's.
import type { Tensor } from "@cajal/core";

// GPUs round products to 10 bits (TF32), and layers add up; garbage is of the values' own size.
const ofDeviation = 0.05;
const ofLargest = 1e-3;

export interface Difference {
  readonly difference: number;
  /** The largest expected value. */
  readonly largest: number;
}

/** The largest difference, where it is more than rounding: compared with how far apart the values lie. */
export function differenceBeyond(got: Tensor, expected: Tensor): Difference | undefined {
  const values = Array.from(expected.data, Number);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  const difference = values.reduce((most, value, i) => {
    const apart = Math.abs(Number(got.data[i]) - value);
    return apart <= most ? most : apart; // NaN is the largest
  }, 0);
  return difference <= ofDeviation * Math.sqrt(variance) + ofLargest * largest
    ? undefined
    : { difference, largest };
}
