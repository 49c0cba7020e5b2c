import { checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { defineMetric } from "./defineMetric";
import { fScore, fScoreOptions, type FScoreOptions } from "./shared/fScore";

export interface FBetaOptions extends FScoreOptions {
  /** How many times as much recall counts as precision does; default 1, and 0 gives the precision alone. */
  beta?: number;
}

const optionKinds = optionsOf<FBetaOptions>({ ...fScoreOptions, beta: { least: 0 } });

/**
 * The weighted harmonic mean of precision and recall, (1 + β²) tp / ((1 + β²) tp + β² fn + fp), as {@link f1} counts it.
 *
 * `yTrue` 0 and 1 in the shape of the output; class numbers are taken as one-hot labels.
 */
export const fBeta = defineMetric(
  ["fbeta_score", "f_beta"],
  (options: FBetaOptions = {}): TotalsMetric => {
    checkOptions("fBeta", options, optionKinds);
    const { beta = 1, average = "macro", threshold } = options;
    return {
      name: "fbeta_score",
      config: { beta, average, threshold },
      ...fScore("fBeta", beta, options),
    };
  },
);
