// What focal losses (Lin et al. 2017, arXiv:1708.02002) have in common: the options.
import { CajalError } from "@cajal/core";
import { readOptions, type CrossentropyOptions } from "./crossentropy";
import { readShare } from "./overlap";

export interface FocalOptions extends Pick<CrossentropyOptions, "fromLogits" | "labelSmoothing"> {
  /** Power of 1 − p by which what is already right counts less; default 2. */
  gamma?: number;
  /** Factor of a class; default 0.25. */
  alpha?: number;
}

export function readFocalOptions<O extends FocalOptions>(
  where: string,
  options: O,
  more: readonly (keyof O & string)[] = [],
) {
  const { gamma = 2, alpha = 0.25, ...rest } = options;
  const own = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !more.some((name) => name === key)),
  );
  const { fromLogits, labelSmoothing } = readOptions(where, own, ["fromLogits", "labelSmoothing"]);
  if (!(Number.isFinite(alpha) && alpha >= 0 && alpha <= 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got alpha ${String(alpha)}, expected a number in 0 … 1.`,
      { alpha },
    );
  return { gamma: readShare(where, "gamma", gamma), alpha, fromLogits, labelSmoothing };
}
