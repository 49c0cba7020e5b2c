// Numbers that callers give: whole or not, within their range, or an error that says which.
import { CajalError } from "./errors";
import { showValue } from "./showValue";

export interface NumberRange {
  /** Default: none. */
  readonly least?: number;
  readonly most?: number;
}

/**
 * Refuses what is no whole number within a range; without one, any of magnitude below 2⁵³ will do.
 *
 * @param where the function or command that it was given to, for the message
 * @param name of the option or argument
 * @throws CajalError `bad-argument`
 */
export function checkInteger(
  where: string,
  name: string,
  value: unknown,
  range: NumberRange = {},
): asserts value is number {
  if (!Number.isSafeInteger(value) || !isWithin(value as number, range))
    throw numberError(where, name, value, `a whole number${describeRange(range)}`);
}

/**
 * Refuses what is no finite number within a range.
 *
 * @throws CajalError `bad-argument`
 */
export function checkNumber(
  where: string,
  name: string,
  value: unknown,
  range: NumberRange = {},
): asserts value is number {
  if (!Number.isFinite(value) || !isWithin(value as number, range))
    throw numberError(where, name, value, `a number${describeRange(range)}`);
}

const isWithin = (value: number, { least = -Infinity, most = Infinity }: NumberRange) =>
  value >= least && value <= most;

const describeRange = ({ least, most }: NumberRange): string =>
  least !== undefined && most !== undefined
    ? `, ${least} … ${most}`
    : least !== undefined
      ? ` of at least ${least}`
      : most !== undefined
        ? ` of at most ${most}`
        : "";

const numberError = (where: string, name: string, value: unknown, expected: string) =>
  new CajalError(
    "bad-argument",
    // Of objects only that they are: what they say of themselves may be anything, or an error.
    `${where}: got ${name} ${typeof value === "object" && value !== null ? "an object" : showValue(value)}, expected ${expected}.`,
    { where, name, value },
  );
