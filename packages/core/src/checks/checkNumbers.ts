// Checks of numbers that callers pass: whole or not, and within a range.
import { checkArgument } from "./checkArgument";
import { CajalError } from "./errors";
import { showValue } from "./showValue";

export interface NumberRange {
  /** Default: none. */
  readonly least?: number;
  readonly most?: number;
}

/**
 * Checks that a value is a whole number within a range; default: of magnitude below 2⁵³.
 *
 * @param where name of the function or command, for the message
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
 * Checks that a value is a finite number within a range.
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

const isWithin = (value: number, range: NumberRange) => {
  checkArgument("checkNumber", "range", range, "object");
  const { least = -Infinity, most = Infinity } = range;
  return value >= least && value <= most;
};

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
    // Objects are not converted to text: their toString may return anything, or throw.
    `${where}: got ${name} ${typeof value === "object" && value !== null ? "an object" : showValue(value)}, expected ${expected}.`,
    { where, name, value },
  );
