export type { Attribute, AttributeType, Dim, Graph, Node, OnnxModel, ValueInfo } from "./model";
export {
  GraphBuilder,
  defaultOpset,
  upgradeModel,
  type Attributes,
  type ConvAttributes,
  type ConvTransposeAttributes,
  type GemmAttributes,
  type Numbers,
  type Operand,
  type PoolAttributes,
  type RecurrentAttributes,
  type ReduceAttributes,
  type ResizeAttributes,
  type Value,
  type WindowAttributes,
} from "./builder";
export { blocked } from "./blocked";
export { inferShapes } from "./inferShapes";
export { withInitializers } from "./withInitializers";
export { checkModel, problemsOf, type Problem } from "./check";
export {
  checkDifferentiable,
  differentiable,
  differentiate,
  gradients,
  type DifferentiateOptions,
} from "./differentiate";
export {
  encodeModel,
  encodeModelForMemory,
  encodeModelParts,
  encodeModelWithExternalData,
  type ExternalDataOptions,
  type ExternalEntry,
} from "./encode";
export { decodeModel, type DecodeOptions, type ExternalData } from "./decode";
