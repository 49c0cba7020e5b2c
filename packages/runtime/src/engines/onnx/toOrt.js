// @ts-check
// Plain JavaScript, for the worker's thread is given it as it is; its types in toOrt.d.ts.

/**
 * @import { Tensor as OrtTensor } from "onnxruntime-common"
 * @import { Tensor } from "@cajal/core"
 * @import { Ort } from "./peers"
 */

/**
 * @param {Ort} ort
 * @param {Tensor} tensor
 * @returns {OrtTensor}
 */
export function toOrt(ort, { dtype, data: given, shape }) {
  const data = ownMemory(given);
  const result = new ort.Tensor(dtype, data, shape);
  // Where JavaScript has Float16Array (Node 24), bits of float16 become one, of which onnxruntime-node 1.30 reads nothing.
  if (dtype === "float16" && result.data !== data)
    Object.defineProperty(result, "data", { value: data });
  return result;
}

/**
 * The numbers, copied out of memory that is shared with other threads, which onnxruntime-node does not take.
 *
 * @template {Tensor["data"]} Data
 * @param {Data} data
 * @returns {Data}
 */
const ownMemory = (data) =>
  Object.prototype.toString.call(data.buffer) === "[object SharedArrayBuffer]"
    ? /** @type {Data} */ (data.slice())
    : data;

/**
 * @template {ArrayLike<unknown>} Data
 * @param {{ type: string, data: Data }} tensor
 * @returns {Data}
 */
export const numbersOf = ({ type, data }) =>
  type === "float16" && ArrayBuffer.isView(data)
    ? /** @type {any} */ (new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2))
    : data;
