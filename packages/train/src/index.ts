export { train, type TrainOptions } from "./train";
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
} from "./events";
export type { CheckpointTarget } from "./checkpoints/target";
export { binaryCrossentropy } from "./losses/binaryCrossentropy";
export { categoricalCrossentropy } from "./losses/categoricalCrossentropy";
export { cosineSimilarity } from "./losses/cosineSimilarity";
export { hinge } from "./losses/hinge";
export { huber } from "./losses/huber";
export { klDivergence } from "./losses/klDivergence";
export { logCosh } from "./losses/logCosh";
export { binaryFocalCrossentropy } from "./losses/binaryFocalCrossentropy";
export { categoricalFocalCrossentropy } from "./losses/categoricalFocalCrossentropy";
export { categoricalHinge } from "./losses/categoricalHinge";
export { dice } from "./losses/dice";
export { meanAbsolutePercentageError } from "./losses/meanAbsolutePercentageError";
export { meanSquaredLogarithmicError } from "./losses/meanSquaredLogarithmicError";
export { poisson } from "./losses/poisson";
export { squaredHinge } from "./losses/squaredHinge";
export { tversky } from "./losses/tversky";
export { meanAbsoluteError } from "./losses/meanAbsoluteError";
export { meanSquaredError } from "./losses/meanSquaredError";
export { sparseCategoricalCrossentropy } from "./losses/sparseCategoricalCrossentropy";
export type { BinaryFocalOptions } from "./losses/binaryFocalCrossentropy";
export type { FocalOptions } from "./losses/shared/focal";
export type { OverlapOptions } from "./losses/shared/overlap";
export type { TverskyOptions } from "./losses/tversky";
export type { CrossentropyOptions } from "./losses/shared/crossentropy";
export { adagrad } from "./optimizers/adagrad";
export { adam, type AdamOptions } from "./optimizers/adam";
export { adamw } from "./optimizers/adamw";
export { rmsprop } from "./optimizers/rmsprop";
export { sgd } from "./optimizers/sgd";
export type { OptimizerOptions } from "./optimizers/defineOptimizer";
export { constant } from "./schedules/constant";
export { cosineDecay } from "./schedules/cosineDecay";
export { cosineDecayRestarts } from "./schedules/cosineDecayRestarts";
export { exponentialDecay } from "./schedules/exponentialDecay";
export { inverseTimeDecay } from "./schedules/inverseTimeDecay";
export { oneCycle } from "./schedules/oneCycle";
export { piecewiseConstant } from "./schedules/piecewiseConstant";
export { polynomialDecay } from "./schedules/polynomialDecay";
export type { Schedule } from "./schedules/defineSchedule";
export { accuracy } from "./metrics/accuracy";
export { auc, type AucOptions } from "./metrics/auc";
export { binaryAccuracy } from "./metrics/binaryAccuracy";
export { binaryIoU, type BinaryIoUOptions } from "./metrics/binaryIoU";
export { categoricalAccuracy } from "./metrics/categoricalAccuracy";
export { f1, type F1Options } from "./metrics/f1";
export { meanIoU, type MeanIoUOptions } from "./metrics/meanIoU";
export { precision } from "./metrics/precision";
export { recall } from "./metrics/recall";
export { rootMeanSquaredError } from "./metrics/rootMeanSquaredError";
export { sparseCategoricalAccuracy } from "./metrics/sparseCategoricalAccuracy";
export { topKAccuracy } from "./metrics/topKAccuracy";
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
