export { open, type OpenOptions } from "./open";
export { initialize } from "./initialize";
export { devices, type DeviceInfo } from "./devices";
export type { RunOptions, Session } from "./session";
export type { DeviceChoice, DeviceName, EngineName } from "./device";
export {
  type Loss,
  type Metric,
  type Optimizer,
  type StepResult,
  type TrainStep,
  type TrainStepOptions,
} from "./trainStep";
export { openTrainStep } from "./openTrainStep";
export type { Ops, Reduction } from "./ops";
