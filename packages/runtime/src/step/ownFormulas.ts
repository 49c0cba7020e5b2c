// Losses, metrics and optimizers may be the caller's own: what their formulas give is looked at, so that a message names
// them and not a node of the graph.
import { CajalError, isCajalError, showValue } from "@cajal/core";
import type { Ops } from "./ops";

/** Whether a formula gave a value of the engine; one that is async gives a promise. */
const isValue = (given: unknown): boolean =>
  typeof given === "object" && given !== null && !Array.isArray(given) && !("then" in given);

/**
 * What a formula of labels gives.
 *
 * @throws CajalError `bad-argument` where an operator refuses what it gets, such as numbers of two types
 */
function computed<R>(where: string, formula: () => R): R {
  try {
    return formula();
  } catch (cause) {
    if (!isCajalError(cause, "bad-model")) throw cause;
    const advice = 'Labels have the type that the data give them, whole numbers int32: begin with ops.cast(yTrue, "float32").'; // prettier-ignore
    throw new CajalError("bad-argument", `${where}: ${cause.message} ${advice}`, cause.facts, { cause }); // prettier-ignore
  }
}

/** What a formula of labels gives, as {@link valueOf} takes it. */
export const valueFrom = <V>(where: string, formula: () => V): V =>
  valueOf(where, computed(where, formula));

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
 * What a metric's `totals` gives.
 *
 * @throws CajalError `bad-argument` for anything but a list of values of the engine
 */
export function valuesFrom<V>(where: string, totals: () => readonly V[]): readonly V[] {
  const given = computed(where, totals);
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
