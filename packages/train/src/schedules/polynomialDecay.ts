import { checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * (initial − end) · (1 − step / decaySteps)^power + end.
 *
 * @param options.decaySteps updates until the end is reached
 * @param options.endLearningRate default 1e-4
 * @param options.power default 1
 * @param options.cycle after each `decaySteps` updates, continues with the next multiple of it, so that the rate rises again; default false
 */
export function polynomialDecay(
  initialLearningRate: number,
  options: { decaySteps: number; endLearningRate?: number; power?: number; cycle?: boolean },
): NamedSchedule {
  const where = "polynomialDecay";
  checkOptions(where, options, ["decaySteps", "endLearningRate", "power", "cycle"]);
  const { decaySteps, endLearningRate = 1e-4, power = 1, cycle = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, endLearningRate, power, cycle },
    (step) => {
      const end = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
      const remaining = 1 - Math.min(step, end) / end;
      return (initialLearningRate - endLearningRate) * remaining ** power + endLearningRate;
    },
  );
}
