import { checkNumber, checkOptions, optionsOf } from "@cajal/core";
import { checkRate, defineSchedule, type NamedSchedule } from "./defineSchedule";

interface CosineDecayRestartsOptions {
  /** Updates of the first half cosine, at least 1. */
  firstDecaySteps: number;
  /** Factor of the length, at least 1; default 2. */
  tMul?: number;
  /** Factor of the rate, at least 0; default 1. */
  mMul?: number;
  /** Fraction of the initial rate that remains at the end of each; default 0. */
  alpha?: number;
}

const optionKinds = optionsOf<CosineDecayRestartsOptions>({
  firstDecaySteps: true,
  tMul: { least: 1 },
  mMul: { least: 0 },
  alpha: { least: 0 },
});

/**
 * Half cosines, one after the other: each `tMul` times as long and beginning at `mMul` times the rate
 * of the one before (SGDR, arXiv:1608.03983).
 */
export function cosineDecayRestarts(
  initialLearningRate: number,
  options: CosineDecayRestartsOptions,
): NamedSchedule {
  const where = "cosineDecayRestarts";
  checkOptions(where, options, optionKinds);
  const { firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkNumber(where, "firstDecaySteps", firstDecaySteps, { least: 1 });
  return defineSchedule(
    { name: where, initialLearningRate, firstDecaySteps, tMul, mMul, alpha },
    (step) => {
      let from = 0;
      let length = firstDecaySteps;
      let scale = 1;
      while (step >= from + length) {
        from += length;
        length *= tMul;
        scale *= mMul;
      }
      const share = (1 + Math.cos((Math.PI * (step - from)) / length)) / 2;
      return initialLearningRate * ((1 - alpha) * scale * share + alpha);
    },
  );
}
