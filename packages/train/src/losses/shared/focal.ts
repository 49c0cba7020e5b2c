// The options that the focal losses share (Lin et al. 2017, arXiv:1708.02002).
import { optionsOf, type OptionKind } from "@cajal/core";
import { binaryOptions, readOptions, type CrossentropyOptions } from "./crossentropy";

export interface FocalOptions extends Pick<CrossentropyOptions, "fromLogits" | "labelSmoothing"> {
  /** Power of 1 − p, by which examples that are classified well count less; default 2. */
  gamma?: number;
  /** Factor of a class; default 0.25. */
  alpha?: number;
}

export const focalOptions = optionsOf<FocalOptions>({
  ...binaryOptions,
  gamma: { least: 0 },
  alpha: { least: 0, most: 1 },
});

/** The options with their defaults, checked. */
export function readFocalOptions(
  where: string,
  options: FocalOptions,
  optionKinds: Readonly<Record<string, OptionKind>> = focalOptions,
) {
  const { fromLogits, labelSmoothing } = readOptions(where, options, optionKinds);
  const { gamma = 2, alpha = 0.25 } = options;
  return { gamma, alpha, fromLogits, labelSmoothing };
}
