// The learning rate of training, as a function of the number of updates made so far.
import { CajalError, checkNumber, showValue } from "@cajal/core";

/** The learning rate of an update; `step` is the number of updates before it. */
export type Schedule = (step: number) => number;

/** A schedule with its name and numbers, by which a resumed run is compared. */
export type NamedSchedule = Schedule & { readonly config: Readonly<Record<string, unknown>> };

/** @param config its name and numbers, plain data */
export const defineSchedule = (
  config: Readonly<Record<string, unknown>>,
  schedule: Schedule,
): NamedSchedule => Object.assign(schedule, { config });

export function checkRate(where: string, name: string, value: number): void {
  checkNumber(where, name, value, { least: 0 });
}

/** A number of updates, or another divisor. */
export function checkPositive(where: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${showValue(value)}, expected a number above 0.`,
      { where, name, value },
    );
}
