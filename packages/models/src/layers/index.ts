// The list of layers: a definition counts once it is in here.
import type { ConfigInput } from "./definition/fields";
import type { Layer } from "./definition/layer";
import { activation } from "./activation";
import { add } from "./add";
import { average } from "./average";
import { averagePooling1d } from "./averagePooling1d";
import { averagePooling2d } from "./averagePooling2d";
import { batchNormalization } from "./batchNormalization";
import { bidirectional } from "./bidirectional";
import { concatenate } from "./concatenate";
import { conv1d } from "./conv1d";
import { conv2d } from "./conv2d";
import { conv2dTranspose } from "./conv2dTranspose";
import { convLstm2d } from "./convLstm2d";
import { cropping2d } from "./cropping2d";
import { customScaleLayer } from "./customScaleLayer";
import { dense } from "./dense";
import { depthwiseConv2d } from "./depthwiseConv2d";
import { dropout } from "./dropout";
import { elu } from "./elu";
import { embedding } from "./embedding";
import { flatten } from "./flatten";
import { gaussianDropout } from "./gaussianDropout";
import { gaussianNoise } from "./gaussianNoise";
import { globalAveragePooling1d } from "./globalAveragePooling1d";
import { globalAveragePooling2d } from "./globalAveragePooling2d";
import { globalMaxPooling1d } from "./globalMaxPooling1d";
import { globalMaxPooling2d } from "./globalMaxPooling2d";
import { gru } from "./gru";
import { inputLayer } from "./inputLayer";
import { layerNormalization } from "./layerNormalization";
import { leakyRelu } from "./leakyRelu";
import { lstm } from "./lstm";
import { maxPooling1d } from "./maxPooling1d";
import { maxPooling2d } from "./maxPooling2d";
import { maximum } from "./maximum";
import { minimum } from "./minimum";
import { multiply } from "./multiply";
import { permute } from "./permute";
import { prelu } from "./prelu";
import { relu } from "./relu";
import { repeatVector } from "./repeatVector";
import { rescaling } from "./rescaling";
import { reshape } from "./reshape";
import { separableConv2d } from "./separableConv2d";
import { simpleRnn } from "./simpleRnn";
import { softmax } from "./softmax";
import { spatialDropout1d } from "./spatialDropout1d";
import { spatialDropout2d } from "./spatialDropout2d";
import { subtract } from "./subtract";
import { thresholdedRelu } from "./thresholdedRelu";
import { timeDistributed } from "./timeDistributed";
import { upSampling2d } from "./upSampling2d";
import { zeroPadding2d } from "./zeroPadding2d";

const list = [
  activation,
  add,
  average,
  averagePooling1d,
  averagePooling2d,
  batchNormalization,
  bidirectional,
  concatenate,
  conv1d,
  conv2d,
  conv2dTranspose,
  convLstm2d,
  cropping2d,
  customScaleLayer,
  dense,
  depthwiseConv2d,
  dropout,
  elu,
  embedding,
  flatten,
  gaussianDropout,
  gaussianNoise,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  gru,
  inputLayer,
  layerNormalization,
  leakyRelu,
  lstm,
  maxPooling1d,
  maxPooling2d,
  maximum,
  minimum,
  multiply,
  permute,
  prelu,
  relu,
  repeatVector,
  rescaling,
  reshape,
  separableConv2d,
  simpleRnn,
  softmax,
  spatialDropout1d,
  spatialDropout2d,
  subtract,
  thresholdedRelu,
  timeDistributed,
  upSampling2d,
  zeroPadding2d,
] as const;

/** Every layer, by file. */
export const layers: readonly Layer[] = list;

/** Configs by class name, as one writes them. */
export type LayerConfigs = {
  readonly [L in (typeof list)[number] as L["className"]]: ConfigInput<L["fields"]>;
};
