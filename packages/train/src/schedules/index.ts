// Keras' schedules, and PyTorch's OneCycleLR.
import { constant } from "./constant";
import { cosineDecay } from "./cosineDecay";
import { cosineDecayRestarts } from "./cosineDecayRestarts";
import { exponentialDecay } from "./exponentialDecay";
import { inverseTimeDecay } from "./inverseTimeDecay";
import { oneCycle } from "./oneCycle";
import { piecewiseConstant } from "./piecewiseConstant";
import { polynomialDecay } from "./polynomialDecay";

/** Every schedule; each file of this folder that defines one is named here. */
export const schedules = {
  constant,
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
};
