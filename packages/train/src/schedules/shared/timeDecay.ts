// Shared by the schedules that decay with the time t = step / decaySteps.
import { checkOptions, optionsOf } from "@cajal/core";
import { checkRate, checkPositive, defineSchedule, type NamedSchedule } from "../defineSchedule";

export interface TimeDecayOptions {
  /** Updates per unit of time, above 0. */
  decaySteps: number;
  /** At least 0. */
  decayRate: number;
  /** Whether t is rounded down, so that the rate is constant for `decaySteps` updates; default false. */
  staircase?: boolean;
}

const optionKinds = optionsOf<TimeDecayOptions>({
  decaySteps: true,
  decayRate: true,
  staircase: "boolean",
});

/** @param rateAt the learning rate at time t */
export function timeDecay(
  where: string,
  initialLearningRate: number,
  options: TimeDecayOptions,
  rateAt: (t: number) => number,
): NamedSchedule {
  checkOptions(where, options, optionKinds);
  const { decaySteps, decayRate, staircase = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkPositive(where, "decaySteps", decaySteps);
  checkRate(where, "decayRate", decayRate);
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, decayRate, staircase },
    (step) => rateAt(staircase ? Math.floor(step / decaySteps) : step / decaySteps),
  );
}
