import { checkOptions, optionsOf } from "@cajal/core";
import { checkRate, checkPositive, defineSchedule, type NamedSchedule } from "./defineSchedule";

interface PolynomialDecayOptions {
  /** Updates until the end is reached. */
  decaySteps: number;
  /** Default 1e-4. */
  endLearningRate?: number;
  /** At least 0; default 1. */
  power?: number;
  /**
   * After each `decaySteps` updates, continues with the next multiple of it, so that the rate rises again; default
   * false.
   */
  cycle?: boolean;
}

const optionKinds = optionsOf<PolynomialDecayOptions>({
  decaySteps: true,
  endLearningRate: { least: 0 },
  power: { least: 0 },
  cycle: "boolean",
});

/** (initial − end) · (1 − step / decaySteps)^power + end. */
export function polynomialDecay(
  initialLearningRate: number,
  options: PolynomialDecayOptions,
): NamedSchedule {
  const where = "polynomialDecay";
  checkOptions(where, options, optionKinds);
  const { decaySteps, endLearningRate = 1e-4, power = 1, cycle = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkPositive(where, "decaySteps", decaySteps);
  return defineSchedule(
    { name: where, initialLearningRate, decaySteps, endLearningRate, power, cycle },
    (step) => {
      const end = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
      const remaining = 1 - Math.min(step, end) / end;
      return (initialLearningRate - endLearningRate) * remaining ** power + endLearningRate;
    },
  );
}
