// The list of layers with a definition for TF.js: every file of this folder.
import type { TfjsLayer } from "./layer";
import { average } from "./average";
import { averagePooling1d } from "./averagePooling1d";
import { averagePooling2d } from "./averagePooling2d";
import { averagePooling3d } from "./averagePooling3d";
import { batchNormalization } from "./batchNormalization";
import { bidirectional } from "./bidirectional";
import { categoryEncoding } from "./categoryEncoding";
import { centerCrop } from "./centerCrop";
import { concatenate } from "./concatenate";
import { conv1d } from "./conv1d";
import { conv2d } from "./conv2d";
import { conv2dTranspose } from "./conv2dTranspose";
import { conv3d } from "./conv3d";
import { conv3dTranspose } from "./conv3dTranspose";
import { cropping1d } from "./cropping1d";
import { customScaleLayer } from "./customScaleLayer";
import { depthwiseConv1d } from "./depthwiseConv1d";
import { depthwiseConv2d } from "./depthwiseConv2d";
import { dot } from "./dot";
import { dropout } from "./dropout";
import { elu } from "./elu";
import { flatten } from "./flatten";
import { globalAveragePooling1d } from "./globalAveragePooling1d";
import { globalAveragePooling2d } from "./globalAveragePooling2d";
import { globalAveragePooling3d } from "./globalAveragePooling3d";
import { globalMaxPooling1d } from "./globalMaxPooling1d";
import { globalMaxPooling2d } from "./globalMaxPooling2d";
import { globalMaxPooling3d } from "./globalMaxPooling3d";
import { groupNormalization } from "./groupNormalization";
import { gru } from "./gru";
import { identity } from "./identity";
import { layerNormalization } from "./layerNormalization";
import { masking } from "./masking";
import { maxPooling1d } from "./maxPooling1d";
import { maxPooling2d } from "./maxPooling2d";
import { maxPooling3d } from "./maxPooling3d";
import { multiply } from "./multiply";
import { normalization } from "./normalization";
import { prelu } from "./prelu";
import { relu } from "./relu";
import { reshape } from "./reshape";
import { resizing } from "./resizing";
import { rmsNormalization } from "./rmsNormalization";
import { rnn } from "./rnn";
import { separableConv1d } from "./separableConv1d";
import { separableConv2d } from "./separableConv2d";
import { softmax } from "./softmax";
import { spatialDropout1d } from "./spatialDropout1d";
import { spatialDropout2d } from "./spatialDropout2d";
import { subtract } from "./subtract";
import { thresholdedRelu } from "./thresholdedRelu";
import { timeDistributed } from "./timeDistributed";
import { unitNormalization } from "./unitNormalization";
import { upSampling1d } from "./upSampling1d";
import { upSampling2d } from "./upSampling2d";
import { zeroPadding1d } from "./zeroPadding1d";

export const tfjsLayerList: readonly TfjsLayer[] = [
  average,
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  batchNormalization,
  bidirectional,
  categoryEncoding,
  centerCrop,
  concatenate,
  conv1d,
  conv2d,
  conv2dTranspose,
  conv3d,
  conv3dTranspose,
  cropping1d,
  customScaleLayer,
  depthwiseConv1d,
  depthwiseConv2d,
  dot,
  dropout,
  elu,
  flatten,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
  groupNormalization,
  gru,
  identity,
  layerNormalization,
  masking,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  multiply,
  normalization,
  prelu,
  relu,
  reshape,
  resizing,
  rmsNormalization,
  rnn,
  separableConv1d,
  separableConv2d,
  softmax,
  spatialDropout1d,
  spatialDropout2d,
  subtract,
  thresholdedRelu,
  timeDistributed,
  unitNormalization,
  upSampling1d,
  upSampling2d,
  zeroPadding1d,
];

/** The definition of a layer class; undefined: TF.js' own layer computes what Keras does. */
export const tfjsLayerOf = (className: string): TfjsLayer | undefined =>
  tfjsLayerList.find((layer) => layer.className === className);
