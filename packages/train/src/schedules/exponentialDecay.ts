import { checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * initial · rate^(step / decaySteps).
 *
 * @param options.decaySteps updates over which the rate becomes `decayRate` of itself
 * @param options.decayRate what is left of the rate then
 * @param options.staircase keeps the rate for `decaySteps` updates, then drops; default false
 */
export function exponentialDecay(
  initialLearningRate: number,
  options: { decaySteps: number; decayRate: number; staircase?: boolean },
): NamedSchedule {
  const where = "exponentialDecay";
  checkOptions(where, options, ["decaySteps", "decayRate", "staircase"]);
  const { decaySteps, decayRate, staircase = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, decayRate, staircase },
    (step) => {
      const t = step / decaySteps;
      return initialLearningRate * decayRate ** (staircase ? Math.floor(t) : t);
    },
  );
}
