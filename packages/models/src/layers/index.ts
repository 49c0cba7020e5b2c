// The list of layers: a definition counts once it is in here.
import type { ConfigInput } from "../fields";
import type { Layer } from "../layer";
import { activation } from "./activation";
import { add } from "./add";
import { averagePooling2d } from "./averagePooling2d";
import { batchNormalization } from "./batchNormalization";
import { concatenate } from "./concatenate";
import { conv2d } from "./conv2d";
import { cropping2d } from "./cropping2d";
import { customScaleLayer } from "./customScaleLayer";
import { dense } from "./dense";
import { depthwiseConv2d } from "./depthwiseConv2d";
import { dropout } from "./dropout";
import { flatten } from "./flatten";
import { globalAveragePooling2d } from "./globalAveragePooling2d";
import { globalMaxPooling2d } from "./globalMaxPooling2d";
import { inputLayer } from "./inputLayer";
import { maxPooling2d } from "./maxPooling2d";
import { permute } from "./permute";
import { relu } from "./relu";
import { reshape } from "./reshape";
import { separableConv2d } from "./separableConv2d";
import { softmax } from "./softmax";
import { zeroPadding2d } from "./zeroPadding2d";

const list = [
  activation,
  add,
  averagePooling2d,
  batchNormalization,
  concatenate,
  conv2d,
  cropping2d,
  customScaleLayer,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAveragePooling2d,
  globalMaxPooling2d,
  inputLayer,
  maxPooling2d,
  permute,
  relu,
  reshape,
  separableConv2d,
  softmax,
  zeroPadding2d,
] as const;

/** Every layer, by file. */
export const layers: readonly Layer[] = list;

/** Configs by class name, as one writes them. */
export type LayerConfigs = {
  readonly [L in (typeof list)[number] as L["className"]]: ConfigInput<L["fields"]>;
};
