// Losses, metrics and optimizers may be the caller's own: what their formulas give is looked at, so that a message names
// them and not a node of the graph.
import { CajalError, showValue } from "@cajal/core";
import type { Ops } from "./ops";

/** Whether a formula gave a value of the engine; one that is async gives a promise. */
const isValue = (given: unknown): boolean =>
  typeof given === "object" && given !== null && !Array.isArray(given) && !("then" in given);

/**
 * What a formula gave.
 *
 * @param where whose it is, and which: `metric "mine": compute`
 * @throws CajalError `bad-argument` for anything but a value of the engine
 */
export function valueOf<V>(where: string, given: V): V {
  if (isValue(given)) return given;
  throw new CajalError(
    "bad-argument",
    `${where} gave ${showValue(given)}, expected a value that ops computes, e.g. ops.abs(ops.sub(yPred, yTrue)).`,
    { got: given },
  );
}

/**
 * What a metric's `totals` gave.
 *
 * @throws CajalError `bad-argument` for anything but a list of values of the engine
 */
export function valuesOf<V>(where: string, given: readonly V[]): readonly V[] {
  if (Array.isArray(given) && given.length > 0 && given.every(isValue)) return given;
  throw new CajalError(
    "bad-argument",
    `${where} gave ${showValue(given)}, expected a list of values that ops computes, e.g. [ops.reduceSum(yPred)].`,
    { got: given },
  );
}

/**
 * What a metric's `result` gave.
 *
 * @throws CajalError `bad-argument` for anything but a number
 */
export function numberOf(where: string, given: unknown): number {
  if (typeof given === "number") return given;
  throw new CajalError("bad-argument", `${where} gave ${showValue(given)}, expected a number.`, {
    got: given,
  });
}

/** Extents of all axes; undefined for those that are free. */
export const extentsOf = <V>(ops: Ops<V>, x: V): (number | undefined)[] =>
  Array.from({ length: ops.rank(x) }, (_, axis) => ops.extent(x, axis));
