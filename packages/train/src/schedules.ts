// Learning rates as pure functions of the number of updates made so far, as Keras' schedules.
import { CajalError, checkOptions } from "@cajal/core";

/** The learning rate of an update; `step` is the number of updates before it. */
export type Schedule = (step: number) => number;

/** A learning rate that stays. */
export const constant =
  (learningRate: number): Schedule =>
  () =>
    learningRate;

/**
 * initial · rate^(step / decaySteps).
 *
 * @param options.staircase keeps the rate for `decaySteps` updates, then drops; default false
 */
export function exponentialDecay(
  initialLearningRate: number,
  options: { decaySteps: number; decayRate: number; staircase?: boolean },
): Schedule {
  const where = "exponentialDecay";
  checkOptions(where, options, ["decaySteps", "decayRate", "staircase"]);
  const { decaySteps, decayRate, staircase = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return (step) => {
    const t = step / decaySteps;
    return initialLearningRate * decayRate ** (staircase ? Math.floor(t) : t);
  };
}

/** initial / (1 + rate · step / decaySteps). */
export function inverseTimeDecay(
  initialLearningRate: number,
  options: { decaySteps: number; decayRate: number; staircase?: boolean },
): Schedule {
  const where = "inverseTimeDecay";
  checkOptions(where, options, ["decaySteps", "decayRate", "staircase"]);
  const { decaySteps, decayRate, staircase = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return (step) => {
    const t = step / decaySteps;
    return initialLearningRate / (1 + decayRate * (staircase ? Math.floor(t) : t));
  };
}

/**
 * `values[i]` up to and including step `boundaries[i]`, the last value after the last boundary.
 *
 * @param options.values one more than there are boundaries
 */
export function piecewiseConstant(options: {
  boundaries: readonly number[];
  values: readonly number[];
}): Schedule {
  const where = "piecewiseConstant";
  checkOptions(where, options, ["boundaries", "values"]);
  const { boundaries, values } = options;
  if (values.length !== boundaries.length + 1)
    throw new CajalError(
      "bad-argument",
      `${where}: got ${boundaries.length} boundaries and ${values.length} values, expected one value more than boundaries.`,
      { boundaries, values },
    );
  if (boundaries.some((boundary, i) => i > 0 && boundary <= boundaries[i - 1]!))
    throw new CajalError(
      "bad-argument",
      `${where}: got boundaries ${boundaries.join(", ")}, expected them to rise.`,
      { boundaries },
    );
  return (step) => {
    const passed = boundaries.findIndex((boundary) => step <= boundary);
    return values[passed < 0 ? boundaries.length : passed]!;
  };
}

/**
 * (initial − end) · (1 − step / decaySteps)^power + end.
 *
 * @param options.endLearningRate default 1e-4
 * @param options.power default 1
 * @param options.cycle stretches decaySteps to the next multiple once it is passed, so that the rate rises again
 */
export function polynomialDecay(
  initialLearningRate: number,
  options: { decaySteps: number; endLearningRate?: number; power?: number; cycle?: boolean },
): Schedule {
  const where = "polynomialDecay";
  checkOptions(where, options, ["decaySteps", "endLearningRate", "power", "cycle"]);
  const { decaySteps, endLearningRate = 1e-4, power = 1, cycle = false } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  return (step) => {
    const end = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    const left = 1 - Math.min(step, end) / end;
    return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
  };
}

/**
 * Half a cosine from the initial rate down to alpha of it (Loshchilov & Hutter 2016, arXiv:1608.03983),
 * after a linear warm-up if one is given.
 *
 * @param options.decaySteps counted after the warm-up
 * @param options.alpha share of the rate that remains; default 0
 * @param options.warmupSteps updates over which the rate rises from `initialLearningRate` to `warmupTarget`
 * @param options.warmupTarget where the warm-up ends and the decay begins
 */
export function cosineDecay(
  initialLearningRate: number,
  options: { decaySteps: number; alpha?: number; warmupSteps?: number; warmupTarget?: number },
): Schedule {
  const where = "cosineDecay";
  checkOptions(where, options, ["decaySteps", "alpha", "warmupSteps", "warmupTarget"]);
  const { decaySteps, alpha = 0, warmupSteps = 0, warmupTarget } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "decaySteps", decaySteps);
  if (warmupSteps > 0 !== (warmupTarget !== undefined))
    throw new CajalError(
      "bad-argument",
      `${where}: got warmupSteps ${warmupSteps} and warmupTarget ${warmupTarget}, expected both or neither.`,
      { warmupSteps, warmupTarget },
    );
  const top = warmupTarget ?? initialLearningRate;
  return (step) => {
    if (step < warmupSteps)
      return initialLearningRate + ((top - initialLearningRate) * step) / warmupSteps;
    return top * cosine(Math.min((step - warmupSteps) / decaySteps, 1), alpha);
  };
}

/**
 * Half cosines, one after the other: each `tMul` times as long and beginning at `mMul` times the rate
 * of the one before (SGDR, arXiv:1608.03983).
 *
 * @param options.tMul default 2
 * @param options.mMul default 1
 * @param options.alpha share of the initial rate that remains; default 0
 */
export function cosineDecayRestarts(
  initialLearningRate: number,
  options: { firstDecaySteps: number; tMul?: number; mMul?: number; alpha?: number },
): Schedule {
  const where = "cosineDecayRestarts";
  checkOptions(where, options, ["firstDecaySteps", "tMul", "mMul", "alpha"]);
  const { firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  checkRate(where, "initialLearningRate", initialLearningRate);
  checkSteps(where, "firstDecaySteps", firstDecaySteps);
  if (!(tMul >= 1))
    throw new CajalError("bad-argument", `${where}: got tMul ${tMul}, expected at least 1.`, {
      tMul,
    });
  return (step) => {
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
  };
}

/**
 * Up along half a cosine, then down below where it began (Smith & Topin 2017, arXiv:1708.07120), with
 * the defaults of PyTorch's OneCycleLR.
 *
 * @param maxLearningRate the rate at the top
 * @param options.steps updates of the whole cycle; the rate stays at the end afterwards
 * @param options.warmupShare share of the steps that go up; default 0.3
 * @param options.divFactor maxLearningRate / the first rate; default 25
 * @param options.finalDivFactor the first rate / the last rate; default 1e4
 */
export function oneCycle(
  maxLearningRate: number,
  options: { steps: number; warmupShare?: number; divFactor?: number; finalDivFactor?: number },
): Schedule {
  const where = "oneCycle";
  checkOptions(where, options, ["steps", "warmupShare", "divFactor", "finalDivFactor"]);
  const { steps, warmupShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  checkRate(where, "maxLearningRate", maxLearningRate);
  checkSteps(where, "steps", steps);
  const first = maxLearningRate / divFactor;
  const last = first / finalDivFactor;
  const top = warmupShare * steps - 1;
  const between = (a: number, b: number, t: number) =>
    b + ((a - b) * (1 + Math.cos(Math.PI * t))) / 2;
  return (step) =>
    step <= top
      ? between(first, maxLearningRate, top === 0 ? 1 : step / top)
      : between(maxLearningRate, last, Math.min((step - top) / (steps - 1 - top), 1));
}

/** From 1 at t = 0 to alpha at t = 1. */
const cosine = (t: number, alpha: number) =>
  (1 - alpha) * ((1 + Math.cos(Math.PI * t)) / 2) + alpha;

function checkRate(where: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${value}, expected a number of at least 0.`,
      { where, name, value },
    );
}

function checkSteps(where: string, name: string, value: number): void {
  if (!(value > 0))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} ${value}, expected a number above 0.`,
      { where, name, value },
    );
}
