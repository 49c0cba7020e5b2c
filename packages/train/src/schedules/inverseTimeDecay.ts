import { checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * initial / (1 + rate · step / decaySteps).
 *
 * @param options.decaySteps updates that count as one
 * @param options.decayRate how much the divisor grows with each
 * @param options.staircase counts whole `decaySteps` alone; default false
 */
export function inverseTimeDecay(
  initialLearningRate: number,
  options: { decaySteps: number; decayRate: number; staircase?: boolean },
): NamedSchedule {
  const where = "inverseTimeDecay";
  checkOptions(where, options, ["decaySteps", "decayRate", "staircase"]);
  const { decaySteps, decayRate, staircase = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, decayRate, staircase },
    (step) => {
      const t = step / decaySteps;
      return initialLearningRate / (1 + decayRate * (staircase ? Math.floor(t) : t));
    },
  );
}
