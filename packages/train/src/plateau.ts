// What to do when a number no longer gets better: stop, or go on more slowly. Ordinary values that the
// caller's loop asks, with the rules of Keras' EarlyStopping and ReduceLROnPlateau.
import { CajalError, checkOptions } from "@cajal/core";
import type { Schedule } from "./schedules/defineSchedule";

export interface PlateauOptions {
  /** Observations in a row without improvement after which it is a plateau. */
  patience: number;
  /** By how much a number must be better than the best so far to count. */
  minDelta?: number;
  /** Which numbers are better; default "min". */
  mode?: "min" | "max";
}

export interface EarlyStopping {
  /** Takes the next number, e.g. an epoch's validation loss; true: stop now. */
  observe(value: number): boolean;
  /** The best number so far; undefined before the first that is not NaN. */
  readonly best: number | undefined;
  /** Whether the number observed last is the best: the moment to keep the weights. */
  readonly improved: boolean;
}

/**
 * Says when to stop.
 *
 * @param options.patience default 0: at the first number that is no better
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
  checkOptions("earlyStopping", options, ["patience", "minDelta", "mode"]);
  const { patience = 0 } = options;
  const record = recordOf("earlyStopping", { patience, minDelta: 0, ...options });
  let waited = 0;
  let improved = false;
  return {
    observe(value) {
      improved = record.take(value);
      waited = improved ? 0 : waited + 1;
      return !improved && waited >= patience;
    },
    get best() {
      return record.best;
    },
    get improved() {
      return improved;
    },
  };
}

export interface ReduceOnPlateau {
  /** For an optimizer's `learningRate`: the rate as it is now. */
  readonly learningRate: Schedule;
  /** Takes the next number, e.g. an epoch's validation loss. */
  observe(value: number): void;
  /** Plain data, to be kept beside a checkpoint. */
  state(): PlateauState;
  /** Goes on from a state. */
  restore(state: PlateauState): void;
}

export interface PlateauState {
  readonly rate: number;
  readonly best: number | undefined;
  readonly waited: number;
  readonly cooling: number;
}

/**
 * Lowers the learning rate whenever a number has stopped getting better.
 *
 * @param options.patience default 10
 * @param options.minDelta default 1e-4
 * @param options.factor the new rate is the old times this; default 0.1
 * @param options.cooldown observations after a change in which nothing is counted; default 0
 * @param options.minLearningRate default 0
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
  checkOptions(where, options, [
    "patience",
    "minDelta",
    "mode",
    "factor",
    "cooldown",
    "minLearningRate",
  ]);
  const { patience = 10, minDelta = 1e-4, mode } = options;
  const { factor = 0.1, cooldown = 0, minLearningRate = 0 } = options;
  if (!(factor > 0 && factor < 1))
    throw new CajalError(
      "bad-argument",
      `${where}: got factor ${factor}, expected a number between 0 and 1, both excluded.`,
      { factor },
    );
  const record = recordOf(where, { patience, minDelta, mode });
  let rate = initialLearningRate;
  let waited = 0;
  let cooling = 0;
  return {
    learningRate: () => rate,
    observe(value) {
      if (cooling > 0) {
        cooling--;
        waited = 0;
      }
      if (record.take(value)) waited = 0;
      else if (cooling === 0 && ++waited >= patience) {
        rate = Math.max(rate * factor, minLearningRate);
        cooling = cooldown;
        waited = 0;
      }
    },
    state: () => ({ rate, best: record.best, waited, cooling }),
    restore(state) {
      ({ rate, waited, cooling } = state);
      record.best = state.best;
    },
  };
}

/** The best number so far, and whether the next beats it. */
function recordOf(where: string, { patience, minDelta = 0, mode = "min" }: PlateauOptions) {
  if (!(Number.isInteger(patience) && patience >= 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got patience ${patience}, expected a whole number of at least 0.`,
      { patience },
    );
  if (mode !== "min" && mode !== "max")
    throw new CajalError(
      "bad-argument",
      `${where}: got mode ${JSON.stringify(mode)}, expected "min" or "max".`,
      { mode },
    );
  const record = {
    best: undefined as number | undefined,
    take(value: number): boolean {
      const { best } = record;
      // NaN is no better than anything, and a first one would stay the best for good.
      if (Number.isNaN(value)) return false;
      const better =
        best === undefined || (mode === "min" ? value < best - minDelta : value > best + minDelta);
      if (better) record.best = value;
      return better;
    },
  };
  return record;
}
