import { CajalError, checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * Half a cosine from the initial rate down to alpha of it (Loshchilov & Hutter 2016, arXiv:1608.03983),
 * after a linear warm-up if one is given.
 *
 * @param options.decaySteps counted after the warm-up
 * @param options.alpha fraction of the rate that remains at the end; default 0
 * @param options.warmupSteps updates over which the rate rises from `initialLearningRate` to `warmupTarget`
 * @param options.warmupTarget where the warm-up ends and the decay begins
 */
export function cosineDecay(
  initialLearningRate: number,
  options: { decaySteps: number; alpha?: number; warmupSteps?: number; warmupTarget?: number },
): NamedSchedule {
  const where = "cosineDecay";
  checkOptions(where, options, ["decaySteps", "alpha", "warmupSteps", "warmupTarget"]);
  const { decaySteps, alpha = 0, warmupSteps = 0, warmupTarget } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  if (warmupSteps > 0 !== (warmupTarget !== undefined))
    throw new CajalError(
      "bad-argument",
      `${where}: got warmupSteps ${warmupSteps} and warmupTarget ${warmupTarget}, expected both or neither.`,
      { warmupSteps, warmupTarget },
    );
  const peak = warmupTarget ?? initialLearningRate;
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, alpha, warmupSteps, warmupTarget },
    (step) => {
      if (step < warmupSteps)
        return initialLearningRate + ((peak - initialLearningRate) * step) / warmupSteps;
      return peak * cosine(Math.min((step - warmupSteps) / decaySteps, 1), alpha);
    },
  );
}

/** From 1 at t = 0 to alpha at t = 1. */
const cosine = (t: number, alpha: number) =>
  (1 - alpha) * ((1 + Math.cos(Math.PI * t)) / 2) + alpha;
