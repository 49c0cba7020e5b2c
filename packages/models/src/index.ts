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
