export type {
  InboundRef,
  LayerEntry,
  ModelConfig,
  SequentialConfig,
  TensorRef,
} from "./keras/config";
export type { KerasShape } from "./layers/definition/shape";
export {
  defineLayer,
  type Layer,
  type TfjsContext,
  type WeightSpec,
} from "./layers/definition/layer";
/** The kinds of fields that a layer's config may have: `fields.positive()`, `fields.activation("linear")`. */
export * as fields from "./layers/definition/fields";
export { trainable as trainableWeight, weightFields } from "./layers/definition/weightFields";
export { layers, type LayerConfigs } from "./layers";
export { activationOf, type Activation } from "./layers/definition/activations";
export {
  functional,
  type Functional,
  type InputOptions,
  type LayerOptions,
  type OneLayerOptions,
  type Symbolic,
} from "./network/functional";
export { resolve, type Call, type Model, type Network } from "./network/network";
export { layersIn, layersWithin } from "./layers/definition/layersIn";
export { outputNames } from "./network/outputNames";
export { indexInputs, type IndexInput } from "./network/indexInputs";
export type { NetworkLayer } from "./network/planNode";
export { withoutEnding, withOutputs } from "./network/transform";
export { checkWeights } from "./network/checkWeights";
export { readKeras } from "./keras/readKeras";
export { parseJson, writeJson } from "./keras/parseJson";
export { toKerasJson, type KerasJsonOptions } from "./toKerasJson";
export type { Keras3Config } from "./keras/keras3";
export type { ResolveOptions } from "./keras/registry";
export {
  summary,
  weightSpecs,
  type Depth,
  type LayerSummary,
  type ModelWeight,
  type Size,
  type Summary,
} from "./network/summary";
export type { ApplicationOptions } from "./networks/shared/application";
export { convnet, type ConvnetOptions } from "./networks/convnet";
export { densenet121, densenet169, densenet201 } from "./networks/densenet";
export { inceptionResNetV2 } from "./networks/inceptionResNetV2";
export { inceptionV3 } from "./networks/inceptionV3";
export {
  lenet1,
  lenet1Original,
  lenet5,
  lenet5Original,
  type LenetOptions,
  type LenetOriginalOptions,
} from "./networks/lenet";
export { mobilenet, type MobilenetOptions } from "./networks/mobilenet";
export { mobilenetV2, type MobilenetV2Options } from "./networks/mobilenetV2";
export {
  resnet101,
  resnet101V2,
  resnet152,
  resnet152V2,
  resnet50,
  resnet50V2,
} from "./networks/resnet";
export { vgg16, vgg19 } from "./networks/vgg";
export { xception } from "./networks/xception";
export { modelFacts, models } from "./networks";
export {
  type BuildOptions,
  type ModelFacts,
  type Paper,
  type Published,
  type PublishedDepth,
  type WeightFile,
} from "./networks/definition";
export { modelTable, type ModelRow } from "./published/modelTable";
export { preprocessInput, type Preprocessing } from "@cajal/core";
export { weightFile, type WeightFileOptions } from "./published/weightFile";
export {
  declareInputs,
  lower,
  toOnnx,
  type LowerOptions,
  type Lowered,
  type LoweredValue,
  type ToOnnxOptions,
} from "./lower/lower";
export {
  constantWeights,
  fromInput,
  fromKerasLayout,
  inputWeights,
  toInput,
  toKerasLayout,
  type InputWeights,
  type WeightInput,
  type WeightSource,
} from "./lower/weightSources";
