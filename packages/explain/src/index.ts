export { openExplainer, type ExplainerOptions } from "./openExplainer";
export { attributionGraph, graphMethods, type AttributionGraphOptions } from "./attributionGraph";
export {
  mapHistory,
  type EpochLike,
  type HistoryFrame,
  type MapHistory,
  type MapHistoryOptions,
} from "./mapHistory";
export type {
  Attack,
  Explainer,
  LayerShape,
  Maximization,
  Measurement,
  MeasureOptions,
} from "./explainer";
export type { Attribution, AttributeOptions, CommonOptions } from "./methods/attribution";
export { methods, type MethodName, type MethodOptions } from "./methods";
export { metrics, type MetricName, type MetricOptions } from "./metrics";
export type { Figures } from "./metrics/metric";
export type { AttackOptions } from "./attacks/attack";
export type { MaximizeOptions } from "./maximize";
export type { Progress } from "./network/network";
export type { DataFormat } from "./network/images";
export {
  overlay,
  pictureOf,
  type Legend,
  type Overlay,
  type OverlayOptions,
} from "./pictures/overlay";
export {
  featureMaps,
  filters,
  type ChannelsOptions,
  type FiltersOptions,
} from "./pictures/channels";
export { gridOf, type Picture } from "./pictures/picture";
export { figure, type FigureOptions, type Panel } from "./pictures/figure";
export { encodePng } from "./pictures/png";
export { type ColorMapName } from "./pictures/colorMaps";
