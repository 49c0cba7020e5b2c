export { open, type OpenOptions } from "./open";
export { openGradient } from "./openGradient";
export {
  type GradientOptions,
  type GradientResult,
  type GradientRunOptions,
  type GradientSession,
} from "./session/gradientSession";
export { graphOrConfig } from "./modelArgument";
export { initialize } from "./initializers/initialize";
export { devices, type DeviceInfo } from "./devices";
export type { BatchedOptions } from "./session/batched";
export type { BatchedSession, RunOptions, Session } from "./session/session";
export type { DeviceChoice, DeviceName, EngineName } from "./device/device";
export {
  trainStepOptions,
  type Formulations,
  type Loss,
  type MeanMetric,
  type MeasuredStep,
  type Metric,
  type OpenTrainStepOptions,
  type Optimizer,
  type PredictOptions,
  type StepResult,
  type Totals,
  type TotalsMetric,
  type TrainStep,
  type TrainStepOptions,
} from "./step/trainStep";
export { openTrainStep } from "./openTrainStep";
export { parameterNames } from "./step/graph";
export { addTotals } from "./step/outputs";
export type { Ops, Reduction } from "./step/ops";
