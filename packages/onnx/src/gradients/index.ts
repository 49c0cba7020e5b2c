// The list of gradients: a rule counts once it is in here.
import type { Gradient } from "./gradient";
import { abs } from "./abs";
import { acos } from "./acos";
import { acosh } from "./acosh";
import { add } from "./add";
import { affineGrid } from "./affineGrid";
import { asin } from "./asin";
import { asinh } from "./asinh";
import { atan } from "./atan";
import { atanh } from "./atanh";
import { attention } from "./attention";
import { averagePool } from "./averagePool";
import { batchNormalization } from "./batchNormalization";
import { cast } from "./cast";
import { castLike } from "./castLike";
import { celu } from "./celu";
import { centerCropPad } from "./centerCropPad";
import { clip } from "./clip";
import { col2Im } from "./col2Im";
import { compress } from "./compress";
import { concat } from "./concat";
import { conv } from "./conv";
import { convTranspose } from "./convTranspose";
import { cos } from "./cos";
import { cosh } from "./cosh";
import { cumSum } from "./cumSum";
import { depthToSpace } from "./depthToSpace";
import { dequantizeLinear } from "./dequantizeLinear";
import { det } from "./det";
import { dft } from "./dft";
import { div } from "./div";
import { dropout } from "./dropout";
import { dynamicQuantizeLinear } from "./dynamicQuantizeLinear";
import { einsum } from "./einsum";
import { elu } from "./elu";
import { erf } from "./erf";
import { exp } from "./exp";
import { expand } from "./expand";
import { flatten } from "./flatten";
import { gather } from "./gather";
import { gatherElements } from "./gatherElements";
import { gatherNd } from "./gatherNd";
import { gelu, microsoftGelu } from "./gelu";
import { gemm } from "./gemm";
import { globalAveragePool } from "./globalAveragePool";
import { globalLpPool } from "./globalLpPool";
import { globalMaxPool } from "./globalMaxPool";
import { gridSample } from "./gridSample";
import { groupNormalization } from "./groupNormalization";
import { gru } from "./gru";
import { hardSigmoid } from "./hardSigmoid";
import { hardSwish } from "./hardSwish";
import { identity } from "./identity";
import { conditional } from "./if";
import { instanceNormalization } from "./instanceNormalization";
import { layerNormalization } from "./layerNormalization";
import { leakyRelu } from "./leakyRelu";
import { log } from "./log";
import { logSoftmax } from "./logSoftmax";
import { lpNormalization } from "./lpNormalization";
import { lpPool } from "./lpPool";
import { lrn } from "./lrn";
import { lstm } from "./lstm";
import { matMul } from "./matMul";
import { max } from "./max";
import { maxPool } from "./maxPool";
import { maxUnpool } from "./maxUnpool";
import { mean } from "./mean";
import { meanVarianceNormalization } from "./meanVarianceNormalization";
import { min } from "./min";
import { mish } from "./mish";
import { mod } from "./mod";
import { mul } from "./mul";
import { neg } from "./neg";
import { negativeLogLikelihoodLoss } from "./negativeLogLikelihoodLoss";
import { oneHot } from "./oneHot";
import { pRelu } from "./pRelu";
import { pad } from "./pad";
import { pow } from "./pow";
import { quickGelu } from "./quickGelu";
import { range } from "./range";
import { reciprocal } from "./reciprocal";
import { reduceL1 } from "./reduceL1";
import { reduceL2 } from "./reduceL2";
import { reduceLogSum } from "./reduceLogSum";
import { reduceLogSumExp } from "./reduceLogSumExp";
import { reduceMax } from "./reduceMax";
import { reduceMean } from "./reduceMean";
import { reduceMin } from "./reduceMin";
import { reduceProd } from "./reduceProd";
import { reduceSum } from "./reduceSum";
import { reduceSumSquare } from "./reduceSumSquare";
import { relu } from "./relu";
import { reshape } from "./reshape";
import { resize } from "./resize";
import { reverseSequence } from "./reverseSequence";
import { rmsNormalization } from "./rmsNormalization";
import { rnn } from "./rnn";
import { roiAlign } from "./roiAlign";
import { rotaryEmbedding } from "./rotaryEmbedding";
import { scatterElements } from "./scatterElements";
import { scatterNd } from "./scatterNd";
import { selu } from "./selu";
import { shrink } from "./shrink";
import { sigmoid } from "./sigmoid";
import { sin } from "./sin";
import { sinh } from "./sinh";
import { slice } from "./slice";
import { softmax } from "./softmax";
import { softmaxCrossEntropyLoss } from "./softmaxCrossEntropyLoss";
import { softplus } from "./softplus";
import { softsign } from "./softsign";
import { spaceToDepth } from "./spaceToDepth";
import { split } from "./split";
import { sqrt } from "./sqrt";
import { squeeze } from "./squeeze";
import { stft } from "./stft";
import { sub } from "./sub";
import { sum } from "./sum";
import { swish } from "./swish";
import { tan } from "./tan";
import { tanh } from "./tanh";
import { thresholdedRelu } from "./thresholdedRelu";
import { tile } from "./tile";
import { topK } from "./topK";
import { transpose } from "./transpose";
import { trilu } from "./trilu";
import { unique } from "./unique";
import { unsqueeze } from "./unsqueeze";
import { where } from "./where";

export const gradients: readonly Gradient[] = [
  abs,
  acos,
  acosh,
  add,
  affineGrid,
  asin,
  asinh,
  atan,
  atanh,
  attention,
  averagePool,
  batchNormalization,
  cast,
  castLike,
  celu,
  centerCropPad,
  clip,
  col2Im,
  compress,
  concat,
  conv,
  convTranspose,
  cos,
  cosh,
  cumSum,
  depthToSpace,
  dequantizeLinear,
  det,
  dft,
  div,
  dropout,
  dynamicQuantizeLinear,
  einsum,
  elu,
  erf,
  exp,
  expand,
  flatten,
  gather,
  gatherElements,
  gatherNd,
  gelu,
  gemm,
  globalAveragePool,
  globalLpPool,
  globalMaxPool,
  gridSample,
  groupNormalization,
  gru,
  hardSigmoid,
  hardSwish,
  conditional,
  identity,
  instanceNormalization,
  layerNormalization,
  leakyRelu,
  log,
  logSoftmax,
  lpNormalization,
  lpPool,
  lrn,
  lstm,
  matMul,
  max,
  maxPool,
  maxUnpool,
  mean,
  meanVarianceNormalization,
  microsoftGelu,
  min,
  mish,
  mod,
  mul,
  neg,
  negativeLogLikelihoodLoss,
  oneHot,
  pRelu,
  pad,
  pow,
  quickGelu,
  range,
  reciprocal,
  reduceL1,
  reduceL2,
  reduceLogSum,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
  relu,
  reshape,
  resize,
  reverseSequence,
  rmsNormalization,
  rnn,
  roiAlign,
  rotaryEmbedding,
  scatterElements,
  scatterNd,
  selu,
  shrink,
  sigmoid,
  sin,
  sinh,
  slice,
  softmax,
  softmaxCrossEntropyLoss,
  softplus,
  softsign,
  spaceToDepth,
  split,
  sqrt,
  squeeze,
  stft,
  sub,
  sum,
  swish,
  tan,
  tanh,
  thresholdedRelu,
  tile,
  topK,
  transpose,
  trilu,
  unique,
  unsqueeze,
  where,
];
