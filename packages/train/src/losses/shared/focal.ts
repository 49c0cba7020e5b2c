// The options that the focal losses share (Lin et al. 2017, arXiv:1708.02002).
import { CajalError, checkArgument } from "@cajal/core";
import { readOptions, type CrossentropyOptions } from "./crossentropy";
import { readNonNegative } from "./overlap";

export interface FocalOptions extends Pick<CrossentropyOptions, "fromLogits" | "labelSmoothing"> {
  /** Power of 1 − p, by which examples that are classified well count less; default 2. */
  gamma?: number;
  /** Factor of a class; default 0.25. */
  alpha?: number;
}

export function readFocalOptions<O extends FocalOptions>(
  where: string,
  options: O,
  moreNames: readonly (keyof O & string)[] = [],
) {
  checkArgument(where, "options", options, "object");
  const { gamma = 2, alpha = 0.25, ...rest } = options;
  const crossentropyOptions = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !moreNames.some((name) => name === key)),
  );
  const { fromLogits, labelSmoothing } = readOptions(where, crossentropyOptions, [
    "fromLogits",
    "labelSmoothing",
  ]);
  if (!(Number.isFinite(alpha) && alpha >= 0 && alpha <= 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got alpha ${String(alpha)}, expected a number in 0 … 1.`,
      { alpha },
    );
  return { gamma: readNonNegative(where, "gamma", gamma), alpha, fromLogits, labelSmoothing };
}
