// The list of schedules: Keras', and PyTorch's OneCycleLR.
export { constant } from "./constant";
export { cosineDecay } from "./cosineDecay";
export { cosineDecayRestarts } from "./cosineDecayRestarts";
export { exponentialDecay } from "./exponentialDecay";
export { inverseTimeDecay } from "./inverseTimeDecay";
export { oneCycle } from "./oneCycle";
export { piecewiseConstant } from "./piecewiseConstant";
export { polynomialDecay } from "./polynomialDecay";
