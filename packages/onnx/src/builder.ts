// What builds a graph, and nothing else of this package: who only builds has a third of its code to load.
export { computed, isDType, type CarriedType, type ElementType } from "./model/elementType";
export { GraphBuilder, defaultOpset, type Attributes, type Value } from "./graph/builder";
export { dataOf, isLazy, lazyTensor, type Allocate } from "./model/lazyTensor";
export type { Dim, Graph, Initializer, Node, OnnxModel, ValueInfo } from "./model/model";
