import { CajalError, checkOptions } from "@cajal/core";
import { checkRate, checkSteps, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * Half cosines, one after the other: each `tMul` times as long and beginning at `mMul` times the rate
 * of the one before (SGDR, arXiv:1608.03983).
 *
 * @param options.firstDecaySteps updates of the first half cosine
 * @param options.tMul factor of the length, at least 1; default 2
 * @param options.mMul factor of the rate; default 1
 * @param options.alpha fraction of the initial rate that remains at the end of each; default 0
 */
export function cosineDecayRestarts(
  initialLearningRate: number,
  options: { firstDecaySteps: number; tMul?: number; mMul?: number; alpha?: number },
): NamedSchedule {
  const where = "cosineDecayRestarts";
  checkOptions(where, options, ["firstDecaySteps", "tMul", "mMul", "alpha"]);
  const { firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "firstDecaySteps", firstDecaySteps);
  if (!(firstDecaySteps >= 1 && Number.isFinite(tMul) && tMul >= 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got firstDecaySteps ${firstDecaySteps} and tMul ${tMul}, expected numbers of at least 1.`,
      { firstDecaySteps, tMul },
    );
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
