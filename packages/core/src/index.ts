export { CajalError, isCajalError, type ErrorCode, type Facts } from "./checks/errors";
export { unknownName, nearest } from "./checks/names";
export { checkOptions, optionsOf, type OptionKind, type OptionKinds } from "./checks/options";
export { isPromise } from "./checks/isPromise";
export { showValue } from "./checks/showValue";
export { checkArgument, type ArgumentKind } from "./checks/checkArgument";
export { checkInteger, checkNumber, type NumberRange } from "./checks/checkNumbers";
export { importPeer, peerError, type PeerOptions } from "./system/importPeer";
export { cacheFolder, cacheList } from "./system/cacheFolder";
export { abortable } from "./system/abortable";
export { nextTask } from "./system/nextTask";
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
} from "./tensors/tensor";
export {
  arraysOf,
  isNumbers,
  tensorOf,
  tensorsOf,
  type NestedArrays,
  type Numbers,
  type TensorsOrNumbers,
} from "./tensors/numbers";
export { argMax } from "./tensors/argMax";
export { float16Value } from "./tensors/float16";
export { random, hash, type Random } from "./random";
export { preprocessInput, type Preprocessing } from "./preprocessInput";
