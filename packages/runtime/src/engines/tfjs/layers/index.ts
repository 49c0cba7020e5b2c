// All layers of which there is something to say on TF.js; a file in this folder is in this list.
import type { TfjsLayer } from "./layer";
import { average } from "./average";
import { averagePooling1d } from "./averagePooling1d";
import { averagePooling2d } from "./averagePooling2d";
import { batchNormalization } from "./batchNormalization";
import { bidirectional } from "./bidirectional";
import { concatenate } from "./concatenate";
import { conv1d } from "./conv1d";
import { conv2d } from "./conv2d";
import { conv2dTranspose } from "./conv2dTranspose";
import { customScaleLayer } from "./customScaleLayer";
import { depthwiseConv2d } from "./depthwiseConv2d";
import { dropout } from "./dropout";
import { elu } from "./elu";
import { flatten } from "./flatten";
import { gaussianDropout } from "./gaussianDropout";
import { gaussianNoise } from "./gaussianNoise";
import { globalAveragePooling1d } from "./globalAveragePooling1d";
import { globalAveragePooling2d } from "./globalAveragePooling2d";
import { globalMaxPooling1d } from "./globalMaxPooling1d";
import { globalMaxPooling2d } from "./globalMaxPooling2d";
import { gru } from "./gru";
import { layerNormalization } from "./layerNormalization";
import { maxPooling1d } from "./maxPooling1d";
import { maxPooling2d } from "./maxPooling2d";
import { multiply } from "./multiply";
import { relu } from "./relu";
import { softmax } from "./softmax";
import { spatialDropout1d } from "./spatialDropout1d";
import { spatialDropout2d } from "./spatialDropout2d";
import { subtract } from "./subtract";
import { upSampling2d } from "./upSampling2d";

export const tfjsLayerList: readonly TfjsLayer[] = [
  average,
  averagePooling1d,
  averagePooling2d,
  batchNormalization,
  bidirectional,
  concatenate,
  conv1d,
  conv2d,
  conv2dTranspose,
  customScaleLayer,
  depthwiseConv2d,
  dropout,
  elu,
  flatten,
  gaussianDropout,
  gaussianNoise,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  gru,
  layerNormalization,
  maxPooling1d,
  maxPooling2d,
  multiply,
  relu,
  softmax,
  spatialDropout1d,
  spatialDropout2d,
  subtract,
  upSampling2d,
];

/** What there is to say of a layer class; undefined: TF.js' own layer is what Keras has. */
export const tfjsLayerOf = (className: string): TfjsLayer | undefined =>
  tfjsLayerList.find((layer) => layer.className === className);
