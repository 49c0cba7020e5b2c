import type { NamedSchedule } from "./defineSchedule";
import { timeDecay, type TimeDecayOptions } from "./shared/timeDecay";

/**
 * initial · decayRate^(step / decaySteps).
 *
 * @param options.decaySteps updates after which the rate is multiplied by `decayRate`
 * @param options.decayRate the factor
 * @param options.staircase keeps the rate for `decaySteps` updates, then drops; default false
 */
export const exponentialDecay = (
  initialLearningRate: number,
  options: TimeDecayOptions,
): NamedSchedule =>
  timeDecay(
    "exponentialDecay",
    initialLearningRate,
    options,
    (t) => initialLearningRate * options.decayRate ** t,
  );
