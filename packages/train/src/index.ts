export {
  train,
  type EndEvent,
  type EpochEvent,
  type StartEvent,
  type StepEvent,
  type TrainEvent,
  type TrainOptions,
  type CheckpointEvent,
  type CheckpointTarget,
} from "./train";
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  cosineSimilarity,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
  type CrossentropyOptions,
} from "./losses";
export {
  adagrad,
  adam,
  adamw,
  rmsprop,
  sgd,
  type AdamOptions,
  type OptimizerOptions,
} from "./optimizers";
export {
  constant,
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  type Schedule,
} from "./schedules";
export {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKAccuracy,
} from "./metrics";
export {
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
  type Position,
} from "./checkpoints/checkpoint";
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
