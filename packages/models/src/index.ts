export type {
  InboundRef,
  KerasShape,
  LayerEntry,
  ModelConfig,
  SequentialConfig,
  TensorRef,
} from "./config";
export { defineLayer, type Layer, type WeightSpec } from "./layer";
export { layers, type LayerConfigs } from "./layers";
export { functional, type Functional, type LayerOptions, type Symbolic } from "./functional";
export { resolve, type Call, type Model, type Network, type NetworkLayer } from "./network";
export { readKeras, toKerasJson } from "./keras";
export {
  summary,
  weightSpecs,
  type Depth,
  type LayerSummary,
  type ModelWeight,
  type Size,
  type Summary,
} from "./summary";
export type { ApplicationOptions } from "./application";
export { convnet, type ConvnetOptions } from "./architectures/convnet";
export { densenet121, densenet169, densenet201 } from "./architectures/densenet";
export { inceptionResNetV2 } from "./architectures/inceptionResNetV2";
export { inceptionV3 } from "./architectures/inceptionV3";
export {
  lenet1,
  lenet1Original,
  lenet5,
  lenet5Original,
  type LenetOptions,
  type LenetOriginalOptions,
} from "./architectures/lenet";
export { mobilenet, type MobilenetOptions } from "./architectures/mobilenet";
export { mobilenetV2, type MobilenetV2Options } from "./architectures/mobilenetV2";
export {
  resnet101,
  resnet101V2,
  resnet152,
  resnet152V2,
  resnet50,
  resnet50V2,
} from "./architectures/resnet";
export { vgg16, vgg19 } from "./architectures/vgg";
export { xception } from "./architectures/xception";
export {
  modelFacts,
  models,
  type BuildOptions,
  type ModelFacts,
  type Paper,
  type Published,
  type PublishedDepth,
  type WeightFile,
} from "./facts";
export { modelTable, type ModelRow } from "./modelTable";
export { preprocessInput, type Preprocessing } from "./preprocessInput";
export { weightFile, type WeightFileOptions } from "./weightFile";
export {
  declareInputs,
  lower,
  toOnnx,
  type LowerOptions,
  type Lowered,
  type ToOnnxOptions,
} from "./lower";
export {
  constantWeights,
  fromInput,
  inputWeights,
  toInput,
  type InputWeights,
  type WeightInput,
  type WeightSource,
} from "./weightSources";
