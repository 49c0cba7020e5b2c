import { checkOptions, optionsOf } from "@cajal/core";
import { checkRate, checkPositive, defineSchedule, type NamedSchedule } from "./defineSchedule";

interface OneCycleOptions {
  /** Updates of the whole cycle; afterwards the rate stays at the last value. */
  steps: number;
  /** Fraction of the steps during which the rate rises, 0 … 1; default 0.3. */
  warmupShare?: number;
  /** maxLearningRate / the first rate, above 0; default 25. */
  divFactor?: number;
  /** The first rate / the last rate, above 0; default 1e4. */
  finalDivFactor?: number;
}

const optionKinds = optionsOf<OneCycleOptions>({
  steps: true,
  warmupShare: { least: 0, most: 1 },
  divFactor: true,
  finalDivFactor: true,
});

/**
 * Rises along half a cosine, then falls to below the initial rate (Smith & Topin 2017, arXiv:1708.07120), with
 * the defaults of PyTorch's OneCycleLR.
 *
 * @param maxLearningRate the peak rate
 */
export function oneCycle(maxLearningRate: number, options: OneCycleOptions): NamedSchedule {
  const where = "oneCycle";
  checkOptions(where, options, optionKinds);
  const { steps, warmupShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  checkRate(where, "maxLearningRate", maxLearningRate);
  for (const [name, value] of Object.entries({ steps, divFactor, finalDivFactor }))
    checkPositive(where, name, value);
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
