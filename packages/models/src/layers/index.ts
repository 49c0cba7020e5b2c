// The list of layers: a definition counts once it is in here.
import type { ConfigInput } from "./definition/fields";
import type { Layer } from "./definition/layer";
import { activation } from "./activation";
import { add } from "./add";
import { average } from "./average";
import { averagePooling1d } from "./averagePooling1d";
import { averagePooling2d } from "./averagePooling2d";
import { averagePooling3d } from "./averagePooling3d";
import { batchNormalization } from "./batchNormalization";
import { bidirectional } from "./bidirectional";
import { concatenate } from "./concatenate";
import { conv1d } from "./conv1d";
import { conv2d } from "./conv2d";
import { conv2dTranspose } from "./conv2dTranspose";
import { conv3d } from "./conv3d";
import { convLstm2d } from "./convLstm2d";
import { cropping1d } from "./cropping1d";
import { cropping2d } from "./cropping2d";
import { customScaleLayer } from "./customScaleLayer";
import { dense } from "./dense";
import { depthwiseConv1d } from "./depthwiseConv1d";
import { depthwiseConv2d } from "./depthwiseConv2d";
import { dropout } from "./dropout";
import { elu } from "./elu";
import { embedding } from "./embedding";
import { flatten } from "./flatten";
import { gaussianDropout } from "./gaussianDropout";
import { gaussianNoise } from "./gaussianNoise";
import { globalAveragePooling1d } from "./globalAveragePooling1d";
import { globalAveragePooling2d } from "./globalAveragePooling2d";
import { globalAveragePooling3d } from "./globalAveragePooling3d";
import { globalMaxPooling1d } from "./globalMaxPooling1d";
import { globalMaxPooling2d } from "./globalMaxPooling2d";
import { globalMaxPooling3d } from "./globalMaxPooling3d";
import { gru } from "./gru";
import { inputLayer } from "./inputLayer";
import { layerNormalization } from "./layerNormalization";
import { leakyRelu } from "./leakyRelu";
import { lstm } from "./lstm";
import { masking } from "./masking";
import { maxPooling1d } from "./maxPooling1d";
import { maxPooling2d } from "./maxPooling2d";
import { maxPooling3d } from "./maxPooling3d";
import { maximum } from "./maximum";
import { minimum } from "./minimum";
import { multiply } from "./multiply";
import { permute } from "./permute";
import { prelu } from "./prelu";
import { relu } from "./relu";
import { repeatVector } from "./repeatVector";
import { rescaling } from "./rescaling";
import { reshape } from "./reshape";
import { separableConv1d } from "./separableConv1d";
import { separableConv2d } from "./separableConv2d";
import { simpleRnn } from "./simpleRnn";
import { softmax } from "./softmax";
import { spatialDropout1d } from "./spatialDropout1d";
import { spatialDropout2d } from "./spatialDropout2d";
import { subtract } from "./subtract";
import { thresholdedRelu } from "./thresholdedRelu";
import { timeDistributed } from "./timeDistributed";
import { upSampling1d } from "./upSampling1d";
import { upSampling2d } from "./upSampling2d";
import { zeroPadding1d } from "./zeroPadding1d";
import { zeroPadding2d } from "./zeroPadding2d";

const list = [
  activation,
  add,
  average,
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  batchNormalization,
  bidirectional,
  concatenate,
  conv1d,
  conv2d,
  conv2dTranspose,
  conv3d,
  convLstm2d,
  cropping1d,
  cropping2d,
  customScaleLayer,
  dense,
  depthwiseConv1d,
  depthwiseConv2d,
  dropout,
  elu,
  embedding,
  flatten,
  gaussianDropout,
  gaussianNoise,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
  gru,
  inputLayer,
  layerNormalization,
  leakyRelu,
  lstm,
  masking,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  maximum,
  minimum,
  multiply,
  permute,
  prelu,
  relu,
  repeatVector,
  rescaling,
  reshape,
  separableConv1d,
  separableConv2d,
  simpleRnn,
  softmax,
  spatialDropout1d,
  spatialDropout2d,
  subtract,
  thresholdedRelu,
  timeDistributed,
  upSampling1d,
  upSampling2d,
  zeroPadding1d,
  zeroPadding2d,
] as const;

/** Every layer, by file. */
export const layers: readonly Layer[] = list;

/** Configs by class name, as one writes them. */
export type LayerConfigs = {
  readonly [L in (typeof list)[number] as L["className"]]: ConfigInput<L["fields"]>;
};
