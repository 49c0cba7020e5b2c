import type { Tensor } from "@cajal/core";
import type { Tensor as OrtTensor } from "onnxruntime-common";
import type { Ort } from "./peers";

/** Our tensor as ONNX Runtime's; both on the same memory, but where that is shared with other threads. */
export function toOrt(ort: Ort, tensor: Tensor): OrtTensor;

/** The numbers of ONNX Runtime's tensor. Where JavaScript has Float16Array those of float16 are one; Cajal has their bits. */
export function numbersOf<Data extends ArrayLike<unknown>>(tensor: {
  readonly type: string;
  readonly data: Data;
}): Data;
