export type {
  Attribute,
  AttributeType,
  CarriedTensor,
  Container,
  Dim,
  Graph,
  Initializer,
  LocalFunction,
  Node,
  OnnxModel,
  ValueInfo,
} from "./model/model";
export { computed, isDType, type CarriedType, type ElementType } from "./model/elementType";
export { isCarried } from "./model/model";
export { dataOf, isLazy, lazyTensor, type Allocate } from "./model/lazyTensor";
export { inlineFunctions } from "./graph/inlineFunctions";
export {
  GraphBuilder,
  defaultOpset,
  upgradeModel,
  type Attributes,
  type Value,
} from "./graph/builder";
export type { AttentionAttributes } from "./operators/attention";
export type { ConvAttributes, ConvTransposeAttributes } from "./operators/convolution";
export type { GemmAttributes } from "./operators/matrix";
export type { PoolAttributes } from "./operators/pooling";
export type { QuantizeAttributes, Quantized } from "./operators/quantization";
export type { RecurrentAttributes } from "./operators/recurrent";
export type { ReduceAttributes } from "./operators/reduction";
export type { ResizeAttributes } from "./operators/resize";
export type { Numbers, Operand } from "./operators/shared/arguments";
export type { WindowAttributes } from "./operators/shared/windows";
export { blocked } from "./passes/blocked";
export { decomposeTrainingNormalization } from "./passes/decomposeTrainingNormalization";
export { explicitPads } from "./graph/explicitPads";
export { decomposeUnsupported } from "./passes/decomposeUnsupported";
export { timeFirst } from "./graph/timeFirst";
export { guardEmpty, type Guarded } from "./passes/guardEmpty";
export { fillChannels } from "./passes/fillChannels";
export { sampledEarly } from "./passes/sampledEarly";
export { statedOrders } from "./passes/statedOrders";
export { reduceInSteps } from "./passes/reduceInSteps";
export {
  float16Weights,
  int8Weights,
  quantize,
  withRanges,
  type QuantizeOptions,
  type Ranges,
} from "./passes/shrink";
export { inferShapes } from "./graph/inferShapes";
export {
  failingWithoutRows,
  mayFailOnEmpty,
  nodeFailingOnEmpty,
  shapesFor,
} from "./graph/emptyTensors";
export { withInitializers } from "./model/withInitializers";
export { checkModel, problemsOf, type Problem } from "./graph/check";
export {
  checkDifferentiable,
  differentiable,
  differentiate,
  gradients,
  type DifferentiateOptions,
  type GradientsOptions,
} from "./differentiate";
export type { ChooseFormulation, CloseFormulations } from "./closeFormulations";
export { vanishingAt } from "./gradientPaths";
export { multiplyAdds } from "./multiplyAdds";
export { keepsExamplesApart, type BatchGraph } from "./examplesApart";
export {
  fallback,
  type BackwardContext,
  type BackwardRule,
  type BackwardRules,
} from "./gradients/backwardRule";
export type { GradientContext } from "./gradients/gradient";
export { recomputed } from "./graph/recomputed";
export {
  encodeModel,
  encodeModelForMemory,
  encodeModelParts,
  encodeModelWithExternalData,
  type ExternalDataOptions,
  type ExternalEntry,
} from "./file/encode";
export { decodeModel, type DecodeOptions, type ExternalData } from "./file/decode";
export { decodeModelWithExternalData, type DataFile } from "./file/decodeModelWithExternalData";
export { lastActivation, type LastActivation } from "./lastActivation";
export { operatorFacts } from "./operators";
