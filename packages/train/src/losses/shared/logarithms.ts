// Sums of what is known by its logarithm.
import type { Ops } from "@cajal/runtime";

/** The logarithm of next to nothing: its exponential is 0, as of −∞, and what is computed from it is a number. */
export const nothing = -1e30;

/** log Σ eˣ over the last axis. */
export function logSumExp<V>(ops: Ops<V>, x: V): V {
  const largest = ops.reduceMax(x, { axes: [-1], keepDims: true });
  const sum = ops.reduceSum(ops.exp(ops.sub(x, largest)), { axes: [-1] });
  return ops.add(ops.squeeze(largest), ops.log(sum));
}

/** log(eᵃ + eᵇ + …), element by element. */
export function logAddExp<V>(ops: Ops<V>, terms: readonly V[]): V {
  // The gradients through the largest term add up to 0, whichever of equals it is.
  const largest = terms.reduce((a, b) => ops.where(ops.greater(a, b), a, b));
  const sum = terms.map((term) => ops.exp(ops.sub(term, largest))).reduce((a, b) => ops.add(a, b));
  return ops.add(largest, ops.log(sum));
}
