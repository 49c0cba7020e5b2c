import { CajalError, checkOptions, optionsOf } from "@cajal/core";
import { checkRate, checkPositive, defineSchedule, type NamedSchedule } from "./defineSchedule";

interface CosineDecayOptions {
  /** Counted after the warm-up. */
  decaySteps: number;
  /** Fraction of the rate that remains at the end; default 0. */
  alpha?: number;
  /** Updates over which the rate rises from `initialLearningRate` to `warmupTarget`. */
  warmupSteps?: number;
  /** Where the warm-up ends and the decay begins. */
  warmupTarget?: number;
}

const optionKinds = optionsOf<CosineDecayOptions>({
  decaySteps: true,
  alpha: { least: 0 },
  warmupSteps: { least: 0 },
  warmupTarget: { least: 0 },
});

/**
 * Half a cosine from the initial rate down to alpha of it (Loshchilov & Hutter 2016, arXiv:1608.03983),
 * after a linear warm-up if one is given.
 */
export function cosineDecay(
  initialLearningRate: number,
  options: CosineDecayOptions,
): NamedSchedule {
  const where = "cosineDecay";
  checkOptions(where, options, optionKinds);
  const { decaySteps, alpha = 0, warmupSteps = 0, warmupTarget } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkPositive(where, "decaySteps", decaySteps);
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
