import type { NamedSchedule } from "./defineSchedule";
import { timeDecay, type TimeDecayOptions } from "./shared/timeDecay";

/**
 * initial / (1 + decayRate · step / decaySteps).
 *
 * @param options.decaySteps updates that count as one unit of time
 * @param options.decayRate growth of the divisor per unit of time
 * @param options.staircase counts whole units of time only; default false
 */
export const inverseTimeDecay = (
  initialLearningRate: number,
  options: TimeDecayOptions,
): NamedSchedule =>
  timeDecay(
    "inverseTimeDecay",
    initialLearningRate,
    options,
    (t) => initialLearningRate / (1 + options.decayRate * t),
  );
