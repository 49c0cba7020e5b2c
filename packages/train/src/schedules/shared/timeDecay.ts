// Shared by the schedules that decay with the time t = step / decaySteps.
import { checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "../defineSchedule";

export interface TimeDecayOptions {
  /** Updates per unit of time, above 0. */
  decaySteps: number;
  decayRate: number;
  /** Whether t is rounded down, so that the rate is constant for `decaySteps` updates; default false. */
  staircase?: boolean;
}

/** @param rateAt the learning rate at time t */
export function timeDecay(
  where: string,
  initialLearningRate: number,
  options: TimeDecayOptions,
  rateAt: (t: number) => number,
): NamedSchedule {
  checkOptions(where, options, ["decaySteps", "decayRate", "staircase"]);
  const { decaySteps, decayRate, staircase = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, decayRate, staircase },
    (step) => rateAt(staircase ? Math.floor(step / decaySteps) : step / decaySteps),
  );
}
