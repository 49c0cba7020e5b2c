// Whether two engines give the same results.
import { CajalError, showShape, type Tensor, checkTensor } from "@cajal/core";
import type { Session } from "@cajal/runtime";
import { engineName, exponent } from "../text/format";
import type { Check } from "./check";

/** Compares a session's output for `x` with a reference. */
export async function checkAgreement(
  session: Session,
  reference: { engine: string; device: string; logits: Tensor },
  x: Tensor,
  { tolerance, signal }: { tolerance: number; signal?: AbortSignal },
): Promise<{ difference: number; check: Check }> {
  const difference = relativeDifference(await session.predict(x, { signal }), reference.logits);
  return {
    difference,
    check: {
      name: `${engineName(session)} answers as ${engineName(reference)} does`,
      // NaN never agrees: every comparison with it is false.
      held: difference <= tolerance,
      got: `logits differ by ${exponent(difference)} at most, relatively`,
      expected: `${exponent(tolerance)} at most`,
    },
  };
}

/**
 * The largest difference of two batches of logits, relative to the size of the logits: for each
 * example the largest |got − expected| over the largest |expected|; of these the largest.
 * (Relative to each number alone, a logit that happens to be near zero would decide.)
 *
 * @param got [batch, …], same shape as `expected`
 * @returns 0 for equal tensors; NaN when a number is missing on either side
 * @throws CajalError `bad-shape`
 */
export function relativeDifference(got: Tensor, expected: Tensor): number {
  checkTensor(got, "relativeDifference");
  checkTensor(expected, "relativeDifference");
  if (showShape(got.shape) !== showShape(expected.shape))
    throw new CajalError(
      "bad-shape",
      `outputs of two engines: got shapes ${showShape(got.shape)} and ${showShape(expected.shape)}, expected equal ones.`,
      { got: got.shape, expected: expected.shape },
    );
  const width = got.data.length / (got.shape[0] ?? 1);
  let largest = 0;
  for (let start = 0; start < got.data.length; start += width) {
    let difference = 0;
    let size = 0;
    for (let i = start; i < start + width; i++) {
      const a = Number(got.data[i]);
      const b = Number(expected.data[i]);
      if (!Number.isFinite(a) || !Number.isFinite(b)) return NaN;
      difference = Math.max(difference, Math.abs(a - b));
      size = Math.max(size, Math.abs(b));
    }
    if (difference > 0) largest = Math.max(largest, difference / size);
  }
  return largest;
}
