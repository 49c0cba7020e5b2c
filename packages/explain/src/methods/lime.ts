// LIME (Ribeiro et al. 2016, arXiv:1602.04938): ridge regression of the score on which features are kept,
//   Σᵢ sᵢ (fᵢ − w·zᵢ − w₀)² + alpha w·w,  sᵢ = exp(−(features replaced)/width²).
import { checkNumber, random } from "@cajal/core";
import { defineMethod } from "./method";
import { featureOptions } from "./shared/features";
import { fitted, surrogateOptions, type SurrogateOptions } from "./shared/surrogate";

export interface LimeOptions extends SurrogateOptions {
  /** How far from the image subsets count. Default: 0.75 √features. */
  readonly width?: number;
  /** Default 1. */
  readonly alpha?: number;
}

export const lime = defineMethod({
  name: "lime",
  title: "LIME",
  gives: "image",
  plain: true,
  options: [...featureOptions, ...surrogateOptions, "width", "alpha"],
  attribute(call, { width, alpha = 1, ...options }: LimeOptions) {
    checkNumber("attribute (lime)", "alpha", alpha, { least: 0 });
    if (width !== undefined) checkNumber("attribute (lime)", "width", width, { least: 1e-9 });
    const { samples = 1000, seed = 0 } = options;
    return fitted(
      call,
      options,
      (n) => {
        if (options.kept) return options.kept;
        const numbers = random(seed, "subsets");
        return Array.from({ length: samples }, () =>
          Uint8Array.from({ length: n }, () => numbers.integer(2)),
        );
      },
      {
        ridge: alpha,
        weights: (subset) => {
          const replaced = Array.from(subset).filter((present) => !present).length;
          return Math.exp(-replaced / (width ?? 0.75 * Math.sqrt(subset.length)) ** 2);
        },
      },
    );
  },
});
