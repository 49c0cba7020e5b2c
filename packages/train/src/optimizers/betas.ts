// What Adam and its kin take: shares of two averages, and what is added to a divisor.
import { optionsOf } from "@cajal/core";
import { checkShare, commonOptions, type OptimizerOptions } from "./defineOptimizer";

export interface BetaOptions extends OptimizerOptions {
  /** Share of the old mean of gradients kept, below 1; default 0.9. */
  beta1?: number;
  /** Share of the old mean of squares kept, of Adamax of the largest gradient so far, below 1; default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
}

/** Their kinds for `checkOptions`; {@link betasOf} checks the shares. */
export const betaOptions = optionsOf<BetaOptions>({
  ...commonOptions,
  beta1: true,
  beta2: true,
  epsilon: { least: 0 },
});

/** @throws CajalError `bad-argument` for a share that is none */
export function betasOf(
  name: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: BetaOptions,
): Required<Pick<BetaOptions, "beta1" | "beta2" | "epsilon">> {
  checkShare(name, "beta1", beta1);
  checkShare(name, "beta2", beta2);
  return { beta1, beta2, epsilon };
}
