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
export {
  computed,
  isCarried,
  isDType,
  type CarriedType,
  type ElementType,
} from "./model/elementType";
export { inlineFunctions } from "./graph/inlineFunctions";
export {
  GraphBuilder,
  defaultOpset,
  upgradeModel,
  type AttentionAttributes,
  type Attributes,
  type ConvAttributes,
  type ConvTransposeAttributes,
  type GemmAttributes,
  type Numbers,
  type Operand,
  type PoolAttributes,
  type QuantizeAttributes,
  type Quantized,
  type RecurrentAttributes,
  type ReduceAttributes,
  type ResizeAttributes,
  type Value,
  type WindowAttributes,
} from "./graph/builder";
export { blocked } from "./passes/blocked";
export { decomposeTrainingNormalization } from "./passes/decomposeTrainingNormalization";
export { guardEmpty, type Guarded } from "./passes/guardEmpty";
export { float16Weights, int8Weights, quantize, withRanges, type Ranges } from "./passes/shrink";
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
export { operatorFacts } from "./operators";
