// Shared by all optimizers: names, and the options that all of them take.
import { CajalError, checkNumber, optionsOf, showValue } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import type { Schedule } from "../schedules/defineSchedule";

/** Options of all optimizers. At most one of the three clip options may be set. */
export interface OptimizerOptions {
  /** A number, or a schedule: number of updates made → rate. */
  learningRate?: number | Schedule;
  /** Decoupled weight decay, at least 0: p ← p − learningRate · weightDecay · p, before the update. Default none. */
  weightDecay?: number;
  /** Parameters `layer/weight` to which weight decay does not apply, e.g. `(key) => key.endsWith("/bias")`; default none. */
  excludeFromWeightDecay?: (key: string) => boolean;
  /** Scales each gradient down to at most this L2 norm, above 0. */
  clipNorm?: number;
  /** Limits each element of a gradient to ± this, above 0. */
  clipValue?: number;
  /** Scales all gradients together down to at most this L2 norm, above 0. */
  globalClipNorm?: number;
}

/** Their kinds for `checkOptions`; {@link sharedFields} checks the rest. */
export const commonOptions = optionsOf<OptimizerOptions>({
  learningRate: true,
  weightDecay: { least: 0 },
  excludeFromWeightDecay: "function",
  clipNorm: true,
  clipValue: true,
  globalClipNorm: true,
});

/** A function that makes an optimizer, and the names by which Keras knows it. */
export type OptimizerMaker<O> = ((options?: O) => Optimizer) & {
  readonly names: readonly string[];
};

/** @param names in Keras */
export function defineOptimizer<O>(
  names: readonly string[],
  make: (options?: O) => Optimizer,
): OptimizerMaker<O> {
  return Object.assign((options?: O) => make(options), { names });
}

/**
 * The fields of an optimizer that follow from the common options, checked.
 *
 * @param hyperparameters the optimizer's own, for its config
 */
export function sharedFields(
  name: string,
  options: OptimizerOptions,
  {
    defaultRate,
    hyperparameters = {},
  }: { defaultRate: number; hyperparameters?: Readonly<Record<string, unknown>> },
) {
  const { learningRate = defaultRate, weightDecay, excludeFromWeightDecay } = options;
  const { clipNorm, clipValue, globalClipNorm } = options;
  for (const [option, value] of Object.entries({ clipNorm, clipValue, globalClipNorm }))
    // Clipped to a norm of 0, every gradient would be 0, or 0 / 0.
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      throw new CajalError(
        "bad-argument",
        `${name}: got ${option} ${showValue(value)}, expected a number above 0; leave it out for no clipping.`,
        { option, value },
      );
  const clips = Object.entries({ clipNorm, clipValue, globalClipNorm }).filter(
    ([, value]) => value !== undefined,
  );
  if (clips.length > 1)
    throw new CajalError(
      "bad-argument",
      `${name}: got ${clips.map(([option]) => option).join(" and ")}, expected at most one kind of clipping.`,
      { clips: Object.fromEntries(clips) },
    );
  if (
    typeof learningRate === "number"
      ? !(Number.isFinite(learningRate) && learningRate >= 0)
      : typeof learningRate !== "function"
  )
    throw new CajalError(
      "bad-argument",
      `${name}: got learningRate ${showValue(learningRate)}, expected a number of at least 0, or a schedule.`,
      { learningRate },
    );
  const isNamedSchedule = typeof learningRate === "function" && "config" in learningRate;
  return {
    name,
    config: {
      ...hyperparameters,
      // A function of the caller's cannot be told from another.
      learningRate:
        typeof learningRate === "number"
          ? learningRate
          : isNamedSchedule
            ? learningRate.config
            : "schedule",
      weightDecay,
      excludeFromWeightDecay: excludeFromWeightDecay && "function",
      clipNorm,
      clipValue,
      globalClipNorm,
    },
    learningRate: typeof learningRate === "number" ? () => learningRate : learningRate,
    weightDecay,
    excludeFromWeightDecay,
    clipNorm,
    clipValue,
    globalClipNorm,
  };
}

/** A share of the old average kept, in [0, 1): at 1 the average would never change. */
export function checkShare(where: string, name: string, value: number): void {
  checkNumber(where, name, value, { least: 0, most: 1 });
  if (value === 1)
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} 1, expected a number of at least 0 and less than 1.`,
      { where, name, value },
    );
}
