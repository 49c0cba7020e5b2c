// The learning rate of training, as a function of the number of updates made so far.
import { CajalError } from "@cajal/core";

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
  if (!(Number.isFinite(value) && value >= 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${String(value)}, expected a number of at least 0.`,
      { where, name, value },
    );
}

export function checkSteps(where: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${String(value)}, expected a number above 0.`,
      { where, name, value },
    );
}

/** @param range what is expected, for the message */
export function checkNumber(
  where: string,
  name: string,
  value: number,
  isIn: (value: number) => boolean = () => true,
  range = "a number",
): void {
  if (!(Number.isFinite(value) && isIn(value)))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${String(value)}, expected ${range}.`,
      { where, name, value },
    );
}
