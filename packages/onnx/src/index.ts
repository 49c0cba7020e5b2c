export type { Attribute, AttributeType, Dim, Graph, Node, OnnxModel, ValueInfo } from "./model";
export { GraphBuilder, defaultOpset, type Attributes, type Operand, type Value } from "./builder";
