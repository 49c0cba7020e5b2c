// What callers' functions answer.
import { CajalError, isPromise, showValue } from "@cajal/core";

/**
 * Refuses the answer of a test that is neither true nor false: a promise counts as true in an `if`.
 *
 * @throws CajalError `bad-argument`
 */
export function checkAnswer(
  where: string,
  test: string,
  answer: unknown,
): asserts answer is boolean {
  if (typeof answer === "boolean") return;
  throw new CajalError("bad-argument", `${where}: ${test} answered ${isPromise(answer) ? "a promise, and is not awaited" : showValue(answer)}, expected true or false.`, { where }); // prettier-ignore
}
