// @ts-check
// Runs the graphs of a training step over arrays that stay where it runs: weights, and what an
// optimizer keeps. The same on the caller's thread and on another, which Node gives this file as it is:
// plain JavaScript, its types in graphHost.d.ts.

import { numbersOf, toOrt } from "../toOrt.js";

/** The output that is no tensor, and what ONNX Runtime says of it: see sequenceOutput.ts. */
export const nothing = "/cajal/nothing";
export const refusal = "Non tensor type is temporarily not supported.";

/**
 * @import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common"
 * @import { Tensor } from "@cajal/core"
 * @import { GraphHost, Ref } from "./graphHost.js"
 * @import { Ort } from "../peers"
 * @typedef {{ type: Tensor["dtype"], dims: readonly number[], data: Tensor["data"] }} Numbers
 */

/** @returns {GraphHost} */
export function graphHost() {
  /**
   * Name → the array in its versions, of which there is at least one.
   *
   * @type {Map<string, (Float32Array | undefined)[]>}
   */
  const arrays = new Map();
  /** @param {Ref} ref */
  const arrayOf = ([name, version]) => {
    const versions = /** @type {(Float32Array | undefined)[]} */ (arrays.get(name));
    return (versions[version] ??= new Float32Array(versions.find(Boolean)?.length ?? 0));
  };

  return {
    put(values) {
      for (const [name, data] of Object.entries(values)) arrays.set(name, [data]);
    },

    zero(lengths) {
      for (const [name, length] of Object.entries(lengths)) {
        const array = arrays.get(name)?.[0];
        if (array) array.fill(0);
        else arrays.set(name, [new Float32Array(length)]);
      }
    },

    take: (refs) => refs.map((ref) => arrayOf(ref).slice()),
    arrayOf,

    async run({ ort, session, shapes, outputShapes, writesInPlace }, { feeds, reads, writes }) {
      /** @type {Record<string, OrtTensor>} */
      const inputs = Object.create(null);
      for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(ort, tensor);
      for (const [name, ref] of Object.entries(reads))
        inputs[name] = new ort.Tensor("float32", arrayOf(ref), shapes[name]);
      /** @type {Record<string, OrtTensor | null>} */
      const fetches = Object.create(null);
      for (const name of session.outputNames) {
        const ref = Object.hasOwn(writes, name) ? writes[name] : undefined;
        const data = writesInPlace && ref ? arrayOf(ref) : undefined;
        const shape =
          outputShapes && Object.hasOwn(outputShapes, name) ? outputShapes[name] : undefined;
        if (data) fetches[name] = new ort.Tensor("float32", data, [data.length]);
        else if (shape) fetches[name] = emptyTensor(ort, shape);
        else fetches[name] = null;
      }
      const results = await session.run(inputs, fetches).catch((error) => {
        if (!outputShapes || error.message !== refusal) throw error;
      });
      /** @type {Record<string, Tensor>} */
      const outputs = {};
      for (const [name, result] of Object.entries((outputShapes ? fetches : results) ?? {})) {
        if (name === nothing || !result) continue;
        const ref = Object.hasOwn(writes, name) ? writes[name] : undefined;
        if (ref) {
          const [array, version] = ref;
          const versions = arrays.get(array);
          if (!writesInPlace && versions)
            versions[version] = /** @type {Float32Array} */ (result.data);
          continue;
        }
        // What a step gives beside its arrays are numbers.
        const numbers = /** @type {Numbers} */ (/** @type {unknown} */ (result));
        const data = numbersOf(numbers);
        // ONNX Runtime's own memory does not travel.
        outputs[name] = {
          dtype: numbers.type,
          shape: [...numbers.dims],
          data: outputShapes ? data : data.slice(),
        };
      }
      return outputs;
    },
  };
}

/**
 * @param {Ort} ort
 * @param {readonly number[]} shape
 */
const emptyTensor = (ort, shape) =>
  new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
