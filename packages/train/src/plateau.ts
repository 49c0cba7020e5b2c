// Early stopping, and a lower learning rate on a plateau: plain objects for the caller's loop, with the rules of
// Keras' EarlyStopping and ReduceLROnPlateau.
import {
  CajalError,
  checkArgument,
  checkNumber,
  checkOptions,
  showValue,
  type OptionKind,
} from "@cajal/core";
import type { Schedule } from "./schedules/defineSchedule";

export interface PlateauOptions {
  /** Number of consecutive observations without improvement after which there is a plateau. */
  patience: number;
  /** Minimum improvement on the best so far for a number to count as better. */
  minDelta?: number;
  /** Which numbers are better; default "min". */
  mode?: "min" | "max";
}

const plateauKinds: Readonly<Record<keyof PlateauOptions, OptionKind>> = {
  patience: { whole: true, least: 0 },
  minDelta: { least: 0 },
  mode: ["min", "max"],
};

export interface EarlyStopping {
  /**
   * Takes the next number, e.g. an epoch's validation loss; returns whether to stop now.
   *
   * @throws CajalError `bad-argument` for anything but a number; NaN and infinities are numbers
   */
  observe(value: number): boolean;
  /** The best number so far; undefined before the first that is not NaN. */
  readonly best: number | undefined;
  /** Whether the number observed last is the best so far: the moment to keep the weights. */
  readonly improved: boolean;
}

/**
 * Decides when to stop training.
 *
 * @param options.patience default 0: stops at the first number that is no better
 * @param options.minDelta default 0
 * @example
 * const stopping = earlyStopping({ patience: 3 });
 * let best: Weights | undefined;
 * for await (const event of train(model, data, options)) {
 *   if (event.type !== "epoch") continue;
 *   const stop = stopping.observe(event.validation!.loss);
 *   if (stopping.improved) best = await event.weights();
 *   if (stop) break;
 * }
 */
export function earlyStopping(options: Partial<PlateauOptions> = {}): EarlyStopping {
  checkOptions("earlyStopping", options, plateauKinds);
  const { patience = 0, minDelta = 0, mode = "min" } = options;
  const tracker = trackBest("earlyStopping", { minDelta, mode });
  let waited = 0;
  let improved = false;
  return {
    observe(value) {
      improved = tracker.observe(value);
      waited = improved ? 0 : waited + 1;
      return !improved && waited >= patience;
    },
    get best() {
      return tracker.best;
    },
    get improved() {
      return improved;
    },
  };
}

export interface ReduceOnPlateau {
  /** For an optimizer's `learningRate`: gives the current rate. */
  readonly learningRate: Schedule;
  /**
   * Takes the next number, e.g. an epoch's validation loss.
   *
   * @throws CajalError `bad-argument` for anything but a number; NaN and infinities are numbers
   */
  observe(value: number): void;
  /** The state as plain data, to be stored beside a checkpoint. */
  state(): PlateauState;
  /** Continues from a stored state. */
  restore(state: PlateauState): void;
}

export interface PlateauState {
  /** The current learning rate. */
  readonly rate: number;
  /** The best number so far. */
  readonly best: number | undefined;
  /** Observations since the last improvement. */
  readonly waited: number;
  /** Observations that remain of the cooldown. */
  readonly cooling: number;
}

/**
 * Lowers the learning rate whenever a number has stopped improving.
 *
 * @param options.patience default 10
 * @param options.minDelta default 1e-4
 * @param options.factor factor of the rate at each change, between 0 and 1; default 0.1
 * @param options.cooldown observations after a change that do not count; default 0
 * @param options.minLearningRate the rate is never lowered below it; default 0
 * @example
 * const plateau = reduceOnPlateau(0.01, { patience: 2 });
 * const optimizer = sgd({ learningRate: plateau.learningRate });
 * for await (const event of train(model, data, { optimizer, epochs, loss }))
 *   if (event.type === "epoch") plateau.observe(event.loss);
 */
export function reduceOnPlateau(
  initialLearningRate: number,
  options: Partial<PlateauOptions> & {
    factor?: number;
    cooldown?: number;
    minLearningRate?: number;
  } = {},
): ReduceOnPlateau {
  const where = "reduceOnPlateau";
  checkNumber(where, "the learning rate", initialLearningRate, { least: 0 });
  checkOptions(where, options, {
    ...plateauKinds,
    factor: { least: 0, most: 1 },
    cooldown: { whole: true, least: 0 },
    minLearningRate: { least: 0 },
  });
  const { patience = 10, minDelta = 1e-4, mode = "min" } = options;
  const { factor = 0.1, cooldown = 0, minLearningRate = 0 } = options;
  if (!(factor > 0 && factor < 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got factor ${factor}, expected a number between 0 and 1, both excluded.`,
      { factor },
    );
  const tracker = trackBest(where, { minDelta, mode });
  let rate = initialLearningRate;
  let waited = 0;
  let cooling = 0;
  return {
    learningRate: () => rate,
    observe(value) {
      const improved = tracker.observe(value);
      if (cooling > 0) {
        cooling--;
        waited = 0;
      }
      if (improved) waited = 0;
      else if (cooling === 0 && ++waited >= patience) {
        // Lowered, never raised.
        rate = Math.max(rate * factor, Math.min(rate, minLearningRate));
        cooling = cooldown;
        waited = 0;
      }
    },
    state: () => ({ rate, best: tracker.best, waited, cooling }),
    restore(state) {
      checkArgument(where, "the state", state, "object");
      for (const name of ["rate", "waited", "cooling"] as const)
        checkNumber(where, `the state's ${name}`, state[name], { least: 0 });
      if (state.best !== undefined) checkNumber(where, "the state's best", state.best);
      ({ rate, waited, cooling } = state);
      tracker.best = state.best;
    },
  };
}

/** Tracks the best number so far. */
function trackBest(
  where: string,
  { minDelta, mode }: Required<Pick<PlateauOptions, "minDelta" | "mode">>,
) {
  const tracker = {
    best: undefined as number | undefined,
    observe(value: number): boolean {
      if (typeof value !== "number")
        throw new CajalError(
          "bad-argument",
          `${where}: observe got ${showValue(value)}, expected a number, e.g. event.loss of an epoch event, or event.validation.loss where train has validation data.`,
          { value },
        );
      const { best } = tracker;
      // NaN is never better, and as the first number it would stay the best forever.
      if (Number.isNaN(value)) return false;
      const isBetter =
        best === undefined || (mode === "min" ? value < best - minDelta : value > best + minDelta);
      if (isBetter) tracker.best = value;
      return isBetter;
    },
  };
  return tracker;
}
