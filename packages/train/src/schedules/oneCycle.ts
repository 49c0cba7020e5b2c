import { checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * Rises along half a cosine, then falls to below the initial rate (Smith & Topin 2017, arXiv:1708.07120), with
 * the defaults of PyTorch's OneCycleLR.
 *
 * @param maxLearningRate the peak rate
 * @param options.steps updates of the whole cycle; afterwards the rate stays at the last value
 * @param options.warmupShare fraction of the steps during which the rate rises; default 0.3
 * @param options.divFactor maxLearningRate / the first rate; default 25
 * @param options.finalDivFactor the first rate / the last rate; default 1e4
 */
export function oneCycle(
  maxLearningRate: number,
  options: { steps: number; warmupShare?: number; divFactor?: number; finalDivFactor?: number },
): NamedSchedule {
  const where = "oneCycle";
  checkOptions(where, options, ["steps", "warmupShare", "divFactor", "finalDivFactor"]);
  const { steps, warmupShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  checkRate(where, "maxLearningRate", maxLearningRate);
  checkSteps(where, "steps", steps);
  const first = maxLearningRate / divFactor;
  const last = first / finalDivFactor;
  const peak = warmupShare * steps - 1;
  const cosineBetween = (a: number, b: number, t: number) =>
    b + ((a - b) * (1 + Math.cos(Math.PI * t))) / 2;
  return defineSchedule(
    { name: where, maxLearningRate, steps, warmupShare, divFactor, finalDivFactor },
    (step) =>
      step <= peak
        ? cosineBetween(first, maxLearningRate, peak === 0 ? 1 : step / peak)
        : cosineBetween(maxLearningRate, last, Math.min((step - peak) / (steps - 1 - peak), 1)),
  );
}
