export { CajalError, isCajalError, type ErrorCode, type Facts } from "./errors";
export { unknownName, nearest } from "./names";
export { checkOptions, optionsOf, type OptionKind, type OptionKinds } from "./options";
export { showValue } from "./showValue";
export { checkArgument, type ArgumentKind } from "./checkArgument";
export { checkInteger, checkNumber, type NumberRange } from "./checkNumbers";
export { importPeer, peerError, type PeerOptions } from "./importPeer";
export { cacheFolder, cacheList } from "./cacheFolder";
export { abortable } from "./abortable";
export { nextTask } from "./nextTask";
export {
  dtypes,
  arrayTypes,
  tensor,
  at,
  sizeOf,
  checkTensor,
  bytesOf,
  showShape,
  type Allocate,
  type Batch,
  isTensor,
  type NamedBatch,
  type NamedTensors,
  type DType,
  type Shape,
  type Tensor,
  type TypedArrays,
  type Weights,
} from "./tensor";
export {
  arraysOf,
  isNumbers,
  tensorOf,
  tensorsOf,
  type NestedArrays,
  type Numbers,
  type TensorsOrNumbers,
} from "./numbers";
export { argMax } from "./argMax";
export { float16Value } from "./float16";
export { random, hash, type Random } from "./random";
export { preprocessInput, type Preprocessing } from "./preprocessInput";
