// Learning rate schedules for `cajal learn --schedule`: those of @cajal/train, fitted to the length of a run.
import {
  constant,
  cosineDecay,
  exponentialDecay,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  type Schedule,
} from "@cajal/train";

/** The schedule of a run of `steps` updates whose largest learning rate is `rate`. */
type Fit = (rate: number, steps: number) => Schedule;

export const schedules = {
  constant,
  // Falls to 0, along half a cosine or linearly.
  cosine: (rate, steps) => cosineDecay(rate, { decaySteps: steps }),
  linear: (rate, steps) => polynomialDecay(rate, { decaySteps: steps, endLearningRate: 0 }),
  // Falls to a hundredth.
  exponential: (rate, steps) => exponentialDecay(rate, { decaySteps: steps, decayRate: 0.01 }),
  // Rises from a 25th in the first 30 % of the steps, then falls.
  "one-cycle": (rate, steps) => oneCycle(rate, { steps }),
  // A tenth after half of the run, a hundredth after three quarters (as He et al. 2015, arXiv:1512.03385).
  step: (rate, steps) =>
    piecewiseConstant({
      // Halfway between two updates, so that boundaries differ even in the shortest run.
      boundaries: [steps / 2 - 0.5, (3 * steps) / 4 - 0.5],
      values: [rate, rate / 10, rate / 100],
    }),
} satisfies Readonly<Record<string, Fit>>;

export type ScheduleName = keyof typeof schedules;

export const scheduleNames = Object.keys(schedules) as readonly ScheduleName[];
