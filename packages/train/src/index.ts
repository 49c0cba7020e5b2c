export { train } from "./train";
export type { TrainOptions } from "./trainOptions";
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
} from "./events";
export type { CheckpointTarget } from "./checkpoints/target";
export * from "./losses";
export * from "./optimizers";
export * from "./metrics";
export * from "./schedules";
export type { BinaryFocalOptions } from "./losses/binaryFocalCrossentropy";
export type { CircleOptions } from "./losses/circle";
export type { GeneralizedCrossEntropyOptions } from "./losses/categoricalGeneralizedCrossEntropy";
export type { FocalOptions } from "./losses/shared/focal";
export type { OverlapOptions } from "./losses/shared/overlap";
export type { TverskyOptions } from "./losses/tversky";
export type { CrossentropyOptions } from "./losses/shared/crossentropy";
export type { AdamOptions } from "./optimizers/adam";
export type { OptimizerOptions } from "./optimizers/defineOptimizer";
export type { Schedule } from "./schedules/defineSchedule";
export type { AucOptions } from "./metrics/auc";
export type { BinaryIoUOptions } from "./metrics/binaryIoU";
export type { F1Options } from "./metrics/f1";
export type { MeanIoUOptions } from "./metrics/meanIoU";
export type { PrecisionAtRecallOptions } from "./metrics/precisionAtRecall";
export type { RecallAtPrecisionOptions } from "./metrics/recallAtPrecision";
export type { SensitivityAtSpecificityOptions } from "./metrics/sensitivityAtSpecificity";
export type { SpecificityAtSensitivityOptions } from "./metrics/specificityAtSensitivity";
export type { CorrelationOptions } from "./metrics/shared/correlation";
export type { DecisionOptions } from "./metrics/shared/confusion";
export {
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
  type Position,
} from "./checkpoints/checkpoint";
export type { RunDescription, RunPart } from "./checkpoints/sameRun";
export type { DataInMemory, TrainData } from "./data";
export type { ClassWeights } from "./classWeights";
export type { LossLike, MetricLike, OptimizerLike } from "./named";
export { logged, type EventLog } from "./logs/logged";
export {
  earlyStopping,
  reduceOnPlateau,
  type EarlyStopping,
  type PlateauOptions,
  type PlateauState,
  type ReduceOnPlateau,
} from "./plateau";
export { confusionMatrix, type ConfusionMatrixOptions } from "./confusionMatrix";
export { averaged, averagedWeights } from "./averaged";
export {
  findLearningRate,
  type FindLearningRateOptions,
  type LearningRates,
} from "./findLearningRate";
export {
  decodeSavedModel,
  encodeSavedModel,
  type SavedModel,
  type SavedModelOptions,
} from "./savedModel";
