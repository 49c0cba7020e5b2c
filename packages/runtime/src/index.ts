export { initialize } from "./initialize";
export type { Session, RunOptions } from "./session";
export type { DeviceChoice, DeviceName, EngineName } from "./device";
export {
  openTrainStep,
  type Loss,
  type Metric,
  type Optimizer,
  type StepResult,
  type TrainStep,
  type TrainStepOptions,
} from "./trainStep";
export type { Ops, Reduction } from "./ops";
export { opsTfjs } from "./opsTfjs";
