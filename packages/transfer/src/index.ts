export { pretrained, type Pretrained, type PretrainedOptions } from "./pretrained";
export { readModel, readWeights, type ReadModelOptions } from "./readModel";
export {
  encodeModel,
  formatByName,
  writeModel,
  type EncodeModelOptions,
  type ModelToWrite,
  type WriteFormat,
  type WriteModelOptions,
} from "./writeModel";
export type { ReadGraph, ReadModel } from "./formats/format";
export type { OptimizerState } from "./optimizer/optimizerState";
export type { TrainingConfig } from "./optimizer/trainingConfig";
export type { ModelSource, SourceOptions } from "./source";
export type { TunedGraph } from "./adapt/graph/tuneGraph";
export type { LoadedGraph } from "./adapt/graph/loadedGraph";
export type { HeadedGraph } from "./adapt/graph/graphHead";
export type { Examples, LoadedModel } from "./adapt/loadedModel";
export { cutAt, withInputShape } from "./adapt/cutAt";
export type { HeadOptions } from "./adapt/headOptions";
export { withHead, type HeadedModel } from "./adapt/withHead";
export {
  featureExtractor,
  type FeatureExtractor,
  type FeatureExtractorOptions,
} from "./adapt/featureExtractor";
export type { FeaturesData, FeaturesOptions } from "./adapt/features";
export { fineTune } from "./adapt/fineTune";
export type { FineTuneEvent, FineTuneOptions, Stage } from "./adapt/stages";
export { evaluation } from "./evaluation";
export { quantizeOn, type QuantizeOnOptions } from "./quantizeOn";
